using System.Text;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>What a fingerprint reports, by Recog's names (<c>service.product</c>, <c>os.cpe23</c>), as facts of a service.</summary>
internal static class FingerprintFacts
{
    private const int MaxNameLength = 256;

    /// <summary>Adds the facts that a service lacks. A version is taken only with its product.</summary>
    public static IdentifiedService Add(IdentifiedService service, Dictionary<string, string> told)
    {
        var product = told.GetValueOrDefault("service.product");
        var isSame = service.Product is null || (product is not null && IsSame(service.Product, product));
        var system = Join(told, "os.vendor", told.ContainsKey("os.product") ? "os.product" : "os.family", "os.version");
        var device = Join(told, "hw.vendor", told.ContainsKey("hw.product") ? "hw.product" : "hw.device", "hw.version");
        var names = (isSame ? (string[])["service.cpe23", "os.cpe23", "hw.cpe23"] : ["os.cpe23", "hw.cpe23"])
            .Select(name => NameOf(name, told)).OfType<string>()
            .Where(name => !service.Cpes.Any(known => known.StartsWith(name, StringComparison.Ordinal)));
        return service with
        {
            Product = service.Product ?? product,
            Version = isSame ? service.Version ?? told.GetValueOrDefault("service.version") : service.Version,
            OperatingSystem = service.OperatingSystem ?? system,
            HostName = service.HostName ?? told.GetValueOrDefault("host.name"),
            Info = service.Info ?? device,
            Cpes = [.. service.Cpes.Concat(names).Distinct()],
        };
    }

    // "Apache httpd" and "HTTPD", "OpenSSH" and "OpenSSH".
    private static bool IsSame(string ours, string theirs) =>
        ours.Contains(theirs, StringComparison.OrdinalIgnoreCase) || theirs.Contains(ours, StringComparison.OrdinalIgnoreCase);

    private static string? Join(Dictionary<string, string> told, string vendorName, string productName, string versionName)
    {
        if (!told.TryGetValue(productName, out var product))
        {
            return null;
        }

        var isAlone = !told.TryGetValue(vendorName, out var vendor) || product.StartsWith(vendor, StringComparison.OrdinalIgnoreCase);
        var name = isAlone ? product : $"{vendor} {product}";
        return told.TryGetValue(versionName, out var version) ? $"{name} {version}" : name;
    }

    // "cpe:/a:openbsd:openssh:{service.version}": what is not known ends the name, and so does "-".
    private static string? NameOf(string name, Dictionary<string, string> told)
    {
        if (!told.TryGetValue(name, out var pattern) || !(pattern.StartsWith("cpe:/a:", StringComparison.Ordinal)
            || pattern.StartsWith("cpe:/o:", StringComparison.Ordinal) || pattern.StartsWith("cpe:/h:", StringComparison.Ordinal)))
        {
            return null;
        }

        var parts = new List<string>();
        foreach (var part in pattern["cpe:/".Length..].Split(':'))
        {
            var value = part is ['{', .., '}'] ? told.GetValueOrDefault(part[1..^1]) : part;
            if (value is null or "" or "-")
            {
                break;
            }

            parts.Add(part[0] == '{' ? Cpe.Escape(value) : value);
        }

        var whole = $"cpe:/{string.Join(':', parts)}";
        var isName = parts.Count >= 3 && whole.Length <= MaxNameLength && Ascii.IsValid(whole)
            && !whole.Contains(' ', StringComparison.Ordinal);
        return isName ? whole : null;
    }
}
