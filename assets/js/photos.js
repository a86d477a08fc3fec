// Photos of a phone, before they are sent: smaller, upright, and without what the camera wrote beside the picture.

const LONGEST_SIDE = 2000;
const QUALITY = 0.85;
// A screenshot stays as sharp as it is; only a huge one is made smaller.
const PNG_BYTES = 4e6;

/** @param {File} file */
function isPhoto(file) {
  if (/^image\/(jpeg|heic|heif)$/.test(file.type) || /\.(heic|heif)$/i.test(file.name)) return true;
  return file.type === "image/png" && file.size > PNG_BYTES;
}

/**
 * The photo as a JPEG at most 2,000 pixels long, drawn anew: place, time and device are not in it. What is no photo, or
 * cannot be decoded here (HEIC outside Safari), is returned as it is: the server looks after it.
 * @param {File} file
 * @returns {Promise<File>}
 */
export async function shrunk(file) {
  if (!isPhoto(file)) return file;
  /** @type {ImageBitmap | undefined} */
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    if (!pen) return file;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!(drawn instanceof Blob)) return file;
    return new File([drawn], `${file.name.replace(/\.[^.]*$/, "") || "photo"}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
  } catch {
    return file;
  } finally {
    picture?.close();
  }
}
