using System.Text;

namespace Portolan.Lab.Services.Mail;

/// <summary>Names and passwords in the forms of SASL, as characters that stand for bytes.</summary>
internal static class Sasl
{
    /// <summary>Base64 to text. Fails for what is none.</summary>
    internal static bool TryDecode(string text, out string decoded)
    {
        var bytes = new byte[text.Length];
        var ok = Convert.TryFromBase64String(text == "=" ? "" : text, bytes, out var length);
        decoded = ok ? Encoding.Latin1.GetString(bytes, 0, length) : "";
        return ok;
    }

    /// <summary>Reads PLAIN (RFC 4616): for whom, NUL, who, NUL, password.</summary>
    internal static bool TryReadPlain(string response, out string user, out string password)
    {
        var parts = TryDecode(response, out var text) ? text.Split('\0') : [];
        (user, password) = parts.Length == 3 && (parts[0].Length == 0 || parts[0] == parts[1]) ? (parts[1], parts[2]) : ("", "");
        return user.Length > 0;
    }
}
