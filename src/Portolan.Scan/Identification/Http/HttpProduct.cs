namespace Portolan.Scan.Identification.Http;

/// <summary>A product that speaks HTTP, and the signs that it is known by: each that is given must be there.</summary>
/// <param name="Name">The product.</param>
internal sealed record HttpProduct(string Name)
{
    /// <summary>NVD's vendor and product.</summary>
    public string? Cpe { get; init; }

    /// <summary>IANA's name of the service, where it is not <c>http</c>.</summary>
    public string? Service { get; init; }

    /// <summary>How the Server header begins; the version follows behind a slash or a space.</summary>
    public string? Server { get; init; }

    /// <summary>A header that only this product sends.</summary>
    public string? Header { get; init; }

    /// <summary>It sends neither a Server header nor a body.</summary>
    public bool SaysNothing { get; init; }

    /// <summary>What the body holds, in this case.</summary>
    public string? Body { get; init; }

    /// <summary>How the address ends that it redirects to.</summary>
    public string? Location { get; init; }

    /// <summary>What stands before the version in the body.</summary>
    public string? VersionBehind { get; init; }

    /// <summary>What stands before the version in the Server header, where it is not the product's own name.</summary>
    public string? ServerVersionBehind { get; init; }

    /// <summary>
    /// What the Via header holds (RFC 9110 section 7.6.3), in front of the version: proxies name themselves there, and pass on the Server
    /// header of another.
    /// </summary>
    public string? Via { get; init; }

    /// <summary>A header whose value is the version.</summary>
    public string? VersionHeader { get; init; }

    /// <summary>
    /// A path whose answer proves the product and has its version behind <see cref="PathVersionBehind"/>; asked with GET.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>See <see cref="Path"/>.</summary>
    public string? PathVersionBehind { get; init; }

    /// <summary>What the answer of <see cref="Path"/> must hold.</summary>
    public string? PathProof { get; init; }

    /// <summary>Only the answer of <see cref="Path"/> proves it: its other signs are shared by others.</summary>
    public bool NeedsPath { get; init; }
}
