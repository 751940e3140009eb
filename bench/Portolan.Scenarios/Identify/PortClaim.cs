using System.Xml.Linq;

namespace Portolan.Scenarios.Identify;

/// <summary>What a scanner says of a port, from nmap's XML, which both write.</summary>
/// <param name="Protocol">The service; <c>ssl/http</c> inside TLS. <c>null</c> where nothing was found out.</param>
/// <param name="Product">The product.</param>
/// <param name="Version">Its version.</param>
/// <param name="Info">What else is said; no part of the score.</param>
internal sealed record PortClaim(string? Protocol, string? Product, string? Version, string? Info)
{
    /// <summary>Nothing is said.</summary>
    public static PortClaim None { get; } = new(null, null, null, null);

    /// <summary>Reads a file: <c>t22</c> and what is said of it. A name from a table of ports is nothing that was found out.</summary>
    public static Dictionary<string, PortClaim> Read(string path)
    {
        var claims = new Dictionary<string, PortClaim>(StringComparer.Ordinal);
        foreach (var port in XDocument.Load(path).Descendants("port"))
        {
            if (port.Element("service") is not { } service || Text(service, "method") != "probed")
            {
                continue;
            }

            var tunnel = Text(service, "tunnel") is { } name ? $"{name}/" : "";
            var protocol = tunnel + Text(service, "name");
            claims[$"{Text(port, "protocol")![0]}{Text(port, "portid")}"] =
                new PortClaim(protocol, Text(service, "product"), Text(service, "version"), Text(service, "extrainfo"));
        }

        return claims;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string?[] parts = [Protocol, Product, Version, Info is null ? null : $"({Info})"];
        return Protocol is null ? "–" : string.Join(' ', parts.Where(static part => !string.IsNullOrEmpty(part))).Replace('|', '/');
    }

    private static string? Text(XElement element, string attribute) => element.Attribute(attribute)?.Value;
}
