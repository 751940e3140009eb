using System.Text;

namespace Portolan.Scan.Identification;

/// <summary>Names of products in the Common Platform Enumeration 2.2, as NVD lists their vendor and product (NIST IR 7695).</summary>
internal static class Cpe
{
    /// <summary>An application's name.</summary>
    /// <param name="product">NVD's vendor and product, such as <c>openbsd:openssh</c>.</param>
    /// <param name="version">The version; <c>null</c> when unknown.</param>
    public static string[] Application(string product, string? version) => [Name("a", product, version)];

    /// <summary>An operating system's name.</summary>
    public static string OperatingSystem(string product) => Name("o", product, null);

    private static string Name(string part, string product, string? version)
    {
        var name = new StringBuilder("cpe:/").Append(part).Append(':').Append(product);
        if (version is not null)
        {
            name.Append(':').Append(Escape(version));
        }

        return name.ToString();
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
