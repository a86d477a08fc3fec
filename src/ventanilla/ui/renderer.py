"""How Django forms look: every field as ``ui/components/field.html``, every form's errors as a summary with links."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """The value of ``FORM_RENDERER``. Needs ``django.forms`` among the installed apps for Django's own widgets."""

    form_template_name = "ui/components/form.html"
    field_template_name = "ui/components/field.html"
