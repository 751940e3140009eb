namespace Portolan.Lab.Scoring;

/// <summary>How right a result is.</summary>
/// <remarks>Ports that change with time are in no count but <see cref="PortsVarying"/>.</remarks>
public sealed record LabScore
{
    /// <summary>Whose file it was, such as <c>nmap XML</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Addresses of which at least one port was judged.</summary>
    public required long HostsJudged { get; init; }

    /// <summary>Ports that were judged, each address's own.</summary>
    public required long PortsJudged { get; init; }

    /// <summary>Ports left out because their answer changes with time.</summary>
    public required long PortsVarying { get; init; }

    /// <summary>Open ports that were called open.</summary>
    public required long OpenFound { get; init; }

    /// <summary>Ports called open that are not.</summary>
    public required long OpenFalse { get; init; }

    /// <summary>Open ports that were not called open.</summary>
    public required long OpenMissed { get; init; }

    /// <summary>Ports with another state than the true one, the false and the missed ones included.</summary>
    public required long WrongStates { get; init; }

    /// <summary>The hosts that have such ports, by address.</summary>
    public required IReadOnlyList<HostScore> Hosts { get; init; }

    /// <summary>How many more hosts have such ports.</summary>
    public required long HostsNotListed { get; init; }

    /// <summary>What a person should know: lines that could not be read, what was left out and why.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The part of the ports called open that are: 1 when none was called so.</summary>
    public double Precision => OpenFound + OpenFalse == 0 ? 1 : (double)OpenFound / (OpenFound + OpenFalse);

    /// <summary>The part of the open ports that were found: 1 when there is none.</summary>
    public double Recall => OpenFound + OpenMissed == 0 ? 1 : (double)OpenFound / (OpenFound + OpenMissed);

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsPerfect => WrongStates == 0;
}

/// <summary>A host with wrong ports.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Name">Its name in the lab; <c>null</c> when no host has the address.</param>
/// <param name="Wrong">The ports.</param>
public sealed record HostScore(InternetAddress Address, string? Name, IReadOnlyList<WrongPorts> Wrong);

/// <summary>Ports of a host that are wrong alike.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Ports">The ports.</param>
/// <param name="Expected">The true state.</param>
/// <param name="Found">The state that was found; <see cref="PortState.Unknown"/> when the result does not name the port, which says that it
/// is not open.</param>
/// <param name="Why">The rule or policy that decides.</param>
public sealed record WrongPorts(TransportProtocol Protocol, PortSet Ports, PortState Expected, PortState Found, string Why);
