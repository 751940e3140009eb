using System.Text;

namespace Portolan.Scan.Identification;

/// <summary>
/// Names of products in the Common Platform Enumeration 2.2, as NVD lists their vendor and product (NIST IR 7695). All of them, with the
/// places where they stand, are in <c>data/cpe-names.txt</c>; a name that neither NVD nor Recog has is not given.
/// </summary>
internal static class Cpe
{
    // Products that NVD has as operating systems; the others are applications.
    private static readonly HashSet<string> Systems = ["mikrotik:routeros", "synology:diskstation_manager"];

    /// <summary>A product's name.</summary>
    /// <param name="product">NVD's vendor and product, such as <c>openbsd:openssh</c>.</param>
    /// <param name="version">The version; <c>null</c> when unknown.</param>
    public static string[] Of(string product, string? version)
    {
        var name = new StringBuilder(Systems.Contains(product) ? "cpe:/o:" : "cpe:/a:").Append(product);
        if (version is not null)
        {
            name.Append(':').Append(Escape(version));
        }

        return [name.ToString()];
    }

    /// <summary>A word of a name.</summary>
    public static string Escape(string word)
    {
        var name = new StringBuilder();
        foreach (var one in word)
        {
            // Section 6.1 of NIST IR 7695: letters, digits, dots, hyphens and underscores stand for themselves.
            name.Append(
                char.IsAsciiLetterOrDigit(one) || one is '.' or '-' or '_'
                    ? char.ToLowerInvariant(one).ToString()
                    : one < 0x80 ? $"%{(int)one:x2}" : "");
        }

        return name.ToString();
    }
}
