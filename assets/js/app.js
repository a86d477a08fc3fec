// Everything a page may need except the editor. Each module looks for its own data attributes and stays out of the way
// of pages without them.
import "./requests.js";
import "./dialogs.js";
import "./editors.js";
import "./folds.js";
import "./keep.js"; // before forms.js: it sends such forms itself
import "./forms.js";
import "./frames.js";
import "./keys.js";
import "./list.js";
import "./live.js";
import "./menus.js";
import "./merge.js";
import "./order.js";
import "./palette.js";
import "./passkeys.js";
import "./picker.js";
import "./push.js";
import "./theme.js";
import "./toast.js";
import "./upload.js";
import "./composer.js";
