using Portolan.Scan.Results;

namespace Portolan.Fleet.Agent;

/// <summary>
/// What an agent may probe, by its own settings. It holds whatever a job says: a coordinator that is taken over cannot widen it.
/// </summary>
public sealed class AgentScope
{
    /// <summary>
    /// Raw printing (JetDirect): printers put on paper what is sent to these ports, so they are off unless the scope turns them on.
    /// </summary>
    public static PortRange PrinterPorts { get; } = new(new PortNumber(9100), new PortNumber(9107));

    private readonly AddressPrefix[] _networks;
    private readonly AddressPrefix[] _excludes;

    /// <summary>Makes a scope.</summary>
    /// <param name="networks">Where it may probe.</param>
    /// <param name="excludes">Parts of these where it may not.</param>
    /// <param name="ports">The TCP and UDP ports that it may probe, printers' ports not counted.</param>
    /// <param name="withPrinterPorts">These too, so far as <paramref name="ports"/> has them.</param>
    /// <param name="maxRate">The most probes per second; <c>null</c> for no ceiling of its own.</param>
    public AgentScope(
        IEnumerable<AddressPrefix> networks, IEnumerable<AddressPrefix> excludes, PortSet ports, bool withPrinterPorts, double? maxRate)
    {
        ArgumentNullException.ThrowIfNull(ports);
        _networks = [.. networks];
        _excludes = [.. excludes];
        Ports = ports.Clone();
        if (!withPrinterPorts)
        {
            Ports.Remove(PrinterPorts);
        }

        MaxRate = maxRate;
    }

    /// <summary>The ports that it may probe.</summary>
    public PortSet Ports { get; }

    /// <summary>The most probes per second; <c>null</c> for no ceiling.</summary>
    public double? MaxRate { get; }

    /// <summary>Whether it may send anything to an address.</summary>
    public bool Permits(InternetAddress address) =>
        Array.Exists(_networks, n => n.Contains(address)) && !Array.Exists(_excludes, n => n.Contains(address));

    /// <summary>Whether it may probe a port of an address.</summary>
    public bool Permits(InternetAddress address, ProbePort port) => Ports.Contains(port.Port) && Permits(address);

    /// <summary>In a line, for people: <c>198.51.100.0/24, ports 1-9099,9108-65535, at most 1000 probes/s</c>.</summary>
    public override string ToString() =>
        string.Join(", ", [
            .. _networks.Select(static n => n.ToString()), .. _excludes.Select(static n => $"not {n}"), $"ports {Ports}",
            .. MaxRate is { } rate ? [FormattableString.Invariant($"at most {rate:0.##} probes/s")] : Array.Empty<string>()]);
}
