namespace Portolan.Sockets.Naming;

/// <summary>
/// What runs behind a port: what its owner reports, or its own answers. An unreported fact is <c>null</c>, never guessed.
/// </summary>
/// <param name="Label">The word for it in tables: a protocol (<c>ssh</c>), a product (<c>prometheus</c>), or a program (<c>node
/// app.js</c>). Hostile text.</param>
/// <param name="Source">Who says so.</param>
public sealed record RunningService(string Label, ServiceSource Source)
{
    /// <summary>The protocol, by IANA's name where it has one; <c>null</c> where only the program is known.</summary>
    public string? Protocol { get; init; }

    /// <summary>The product, such as <c>OpenSSH</c>.</summary>
    public string? Product { get; init; }

    /// <summary>Its version, as its own reply says it.</summary>
    public string? Version { get; init; }

    /// <summary>What else is worth a line.</summary>
    public string? Info { get; init; }

    /// <summary>The operating system that a reply names.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>The host name that a reply names.</summary>
    public string? HostName { get; init; }

    /// <summary>Names of the product in the Common Platform Enumeration.</summary>
    public IReadOnlyList<string> Cpes { get; init; } = [];

    /// <summary><c>ssl</c> where the protocol was spoken inside TLS.</summary>
    public string? Tunnel { get; init; }

    /// <summary>
    /// How certain it is, 1 to 10: an answer 8 to 10, a server's program that root installed 7, a unit or image 6, another program 5, a
    /// script 4, a claim 3.
    /// </summary>
    public int Confidence { get; init; }

    /// <summary>The user who started the process may have chosen the name: shown with a question mark.</summary>
    public bool IsClaimed { get; init; }

    /// <summary>The word in tables, marked where it is a claim.</summary>
    public string Shown => IsClaimed ? $"{Label}?" : Label;
}

/// <summary>Who says what runs behind a port.</summary>
public enum ServiceSource : byte
{
    /// <summary>The service itself, when it was asked.</summary>
    Asked,

    /// <summary>The program file of the process that holds the port.</summary>
    Program,

    /// <summary>The package that the program file belongs to.</summary>
    Package,

    /// <summary>The systemd unit.</summary>
    Unit,

    /// <summary>The image of the container.</summary>
    Image,

    /// <summary>The script that an interpreter runs, as its command line says.</summary>
    Script,
}

/// <summary>The names of <see cref="ServiceSource"/>.</summary>
public static class ServiceSourceNames
{
    /// <summary>The word in the machine formats.</summary>
    public static string Name(this ServiceSource source) => source switch
    {
        ServiceSource.Asked => "asked",
        ServiceSource.Program => "program",
        ServiceSource.Package => "package",
        ServiceSource.Unit => "unit",
        ServiceSource.Image => "image",
        _ => "script",
    };
}
