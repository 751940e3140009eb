namespace Portolan.Scan.Identification;

/// <summary>
/// The SERVER header of UPnP devices (UPnP Device Architecture 2.0 sections 1.3.3 and 2.1): the system, UPnP and its version, the product.
/// </summary>
internal static class UpnpServer
{
    /// <summary>
    /// Reads it: <c>Debian/12 DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0</c>. All are <c>null</c> where it does not name UPnP.
    /// </summary>
    public static (string? Product, string? Version, string? System) Read(string? server)
    {
        var words = server?.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries) ?? [];
        var upnp = Array.FindIndex(words, static word => word.StartsWith("UPnP/", StringComparison.OrdinalIgnoreCase));
        var product = upnp >= 0 && upnp + 1 < words.Length ? words[upnp + 1].Split('/', 2) : null;
        return (
            product is [{ Length: > 0 } name, ..] ? name : null,
            product is [_, { Length: > 0 } version] ? version : null,
            upnp > 0 && words[0].Contains('/', StringComparison.Ordinal) && !words[0].StartsWith("DLNADOC", StringComparison.Ordinal)
                ? words[0].Replace('/', ' ')
                : null);
    }
}
