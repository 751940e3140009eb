using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Portolan.Scan.Identification.Facts.Tls;

/// <summary>A distinguished name as the fact <c>ssl-cert</c> and nmap's script write it: <c>commonName=a/organizationName=b</c>.</summary>
public static class DistinguishedNameText
{
    // RFC 4519 and PKCS #9 names of what stands in a distinguished name.
    private static readonly Dictionary<string, string> Attributes = new(StringComparer.Ordinal)
    {
        ["2.5.4.3"] = "commonName",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "countryName",
        ["2.5.4.7"] = "localityName",
        ["2.5.4.8"] = "stateOrProvinceName",
        ["2.5.4.9"] = "streetAddress",
        ["2.5.4.10"] = "organizationName",
        ["2.5.4.11"] = "organizationalUnitName",
        ["1.2.840.113549.1.9.1"] = "emailAddress",
        ["0.9.2342.19200300.100.1.25"] = "domainComponent",
    };

    /// <summary>The text of a name that .NET wrote as X.500 text (<c>CN=a, O=b</c>); that text where it cannot be read.</summary>
    public static string Of(string text)
    {
        try
        {
            return Line(FieldsOf(new X500DistinguishedName(text)));
        }
        catch (CryptographicException)
        {
            return text;
        }
    }

    /// <summary>The parts of a name, the most general first; what stands before the damage of a damaged one.</summary>
    internal static List<FactField> FieldsOf(X500DistinguishedName name)
    {
        var fields = new List<FactField>();
        try
        {
            foreach (var part in name.EnumerateRelativeDistinguishedNames(reversed: false))
            {
                if (!part.HasMultipleElements && part.GetSingleElementValue() is { } value)
                {
                    var type = part.GetSingleElementType().Value ?? "";
                    fields.Add(FactField.Of(Attributes.GetValueOrDefault(type, type), value));
                }
            }
        }
        catch (CryptographicException)
        {
            // What stood before the damage stays.
        }

        return fields;
    }

    /// <summary>The parts in a line.</summary>
    internal static string Line(List<FactField> names) =>
        string.Join('/', names.Select(static name => $"{name.Key}={name.Text.Replace('\n', '?')}"));
}
