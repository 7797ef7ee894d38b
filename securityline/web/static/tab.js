// What this tab remembers (the case that was shown, its part of several windows) is its
// operator's: the next who signs in here begins without it. What the browser remembers (phone,
// headset, loudness) is the workplace's, and stays.
const { operator } = document.body.dataset;
if (sessionStorage.getItem("operator") !== operator) sessionStorage.clear();
sessionStorage.setItem("operator", operator);
