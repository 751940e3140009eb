namespace Portolan.Watch.Snapshots;

/// <summary>A protocol and a port of a host.</summary>
public readonly record struct EndpointKey(TransportProtocol Protocol, PortNumber Port);

/// <summary>A host of a result, or a network namespace of a chart.</summary>
/// <param name="Address">The address; the default for a chart.</param>
/// <param name="Space">Of a chart the namespace, empty for the caller's own; <c>null</c> for a scanned host.</param>
public readonly record struct HostKey(InternetAddress Address, string? Space) : IComparable<HostKey>
{
    /// <inheritdoc/>
    public int CompareTo(HostKey other) =>
        Space is null && other.Space is null ? Address.CompareTo(other.Address) : string.CompareOrdinal(Space, other.Space);

    /// <summary>Whether the left one comes first.</summary>
    public static bool operator <(HostKey left, HostKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether the right one comes first.</summary>
    public static bool operator >(HostKey left, HostKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether the right one does not come first.</summary>
    public static bool operator <=(HostKey left, HostKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one does not come first.</summary>
    public static bool operator >=(HostKey left, HostKey right) => left.CompareTo(right) >= 0;
}

/// <summary>Everything but the state that a result says of a port. What it does not say is <c>null</c>, and then is not compared.</summary>
public sealed record Endpoint
{
    /// <summary>An open port of which nothing else is known.</summary>
    public static Endpoint Bare { get; } = new();

    /// <summary>What answers there.</summary>
    public ServiceFacts? Service { get; init; }

    /// <summary>Subject, issuer and dates of the TLS certificate; <c>null</c> where none was seen.</summary>
    public CertificateDates? Certificate { get; init; }

    /// <summary>What it says first, bytes that are no printable ASCII as <c>\xHH</c>.</summary>
    public string? Banner { get; init; }

    /// <summary>
    /// The scanner that wrote <see cref="Banner"/> in its own way; <c>null</c> for Portolan and nmap, which write it alike.
    /// </summary>
    public string? BannerScanner { get; init; }

    /// <summary>Of a chart, who holds it: unit, container or program.</summary>
    public string? Owner { get; init; }

    /// <summary>Of a chart, the addresses it is bound to.</summary>
    public BindFacts? Binds { get; init; }

    /// <summary>Of a chart, who can reach it.</summary>
    public ReachFacts? Reach { get; init; }
}

/// <summary>What answers on a port.</summary>
/// <param name="Name">The protocol, such as <c>http</c>.</param>
/// <param name="Tunnel"><c>ssl</c> inside TLS; else <c>null</c>.</param>
/// <param name="Product">The product.</param>
/// <param name="Version">Its version.</param>
/// <param name="Info">The rest.</param>
/// <param name="IsJoined">The format has product, version and the rest in one text, which stands in <paramref name="Product"/>.</param>
public sealed record ServiceFacts(string Name, string? Tunnel, string? Product, string? Version, string? Info, bool IsJoined = false)
{
    /// <summary>The scanner that identified it, such as <c>nmap</c>; <c>null</c> for Portolan.</summary>
    public string? Scanner { get; init; }

    /// <summary>The text of nmap's column VERSION; empty where nothing is known.</summary>
    public string VersionText =>
        string.Join(' ', new[] { Product, Version, Info is null ? null : $"({Info})" }.Where(static part => !string.IsNullOrEmpty(part)));

    /// <summary>The service for people: <c>ssl/http nginx 1.22.1</c>. A chart names some services by their product alone.</summary>
    public string Text
    {
        get
        {
            var name = Tunnel is null ? Name : $"{Tunnel}/{Name}";
            return VersionText is not { Length: > 0 } version || version == Name ? name
                : Product == Name ? $"{name}{version[Name.Length..]}"
                : $"{name} {version}";
        }
    }
}

/// <summary>A certificate as the fact <c>ssl-cert</c> shows it.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="Issuer">Who signed it; <c>null</c> when not said.</param>
/// <param name="NotBefore">From when; <c>null</c> when not said.</param>
/// <param name="NotAfter">Until when; <c>null</c> when not said.</param>
public sealed record CertificateDates(string Subject, string? Issuer, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter)
{
    /// <summary>The certificate for people.</summary>
    public string Text => NotAfter is { } end
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Subject}, valid until {end.UtcDateTime:yyyy-MM-dd}")
        : Subject;
}

/// <summary>The addresses that a port is bound to.</summary>
/// <param name="Addresses">Sorted; with the interface where it is bound to one.</param>
/// <param name="Width">How far they reach: 0 this host only, 1 some addresses, 2 every address.</param>
public sealed record BindFacts(IReadOnlyList<string> Addresses, int Width)
{
    /// <summary>The addresses for people.</summary>
    public string Text { get; } = string.Join(", ", Addresses);

    /// <inheritdoc/>
    public bool Equals(BindFacts? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Who can reach a port.</summary>
/// <param name="Exposure">The chart's word: reachable, limited, blocked or local.</param>
/// <param name="Summary">The chart's words, such as <c>from 192.0.2.0/24</c>; <c>null</c> when it has none.</param>
/// <param name="Rule">The rule that decides; it is said beside a change and is none by itself.</param>
public sealed record ReachFacts(string Exposure, string? Summary, string? Rule)
{
    /// <summary>The reach for people.</summary>
    public string Text =>
        (Summary is null || Summary == Exposure ? Exposure : $"{Exposure} ({Summary})") + (Rule is null ? "" : $" by {Rule}");
}
