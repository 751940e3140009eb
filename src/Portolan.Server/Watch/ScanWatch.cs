using System.Net.NetworkInformation;
using Portolan.Linux;
using Portolan.Linux.Bpf.Probes;
using Portolan.Watch.Watching;

namespace Portolan.Server.Watch;

/// <summary>Who scans this machine, from what the kernel counted since the last question. Used by one thread.</summary>
internal sealed class ScanWatch : IDisposable
{
    private readonly ProbeTap? _tap;
    private ScanDetector? _detector;

    internal ScanWatch()
    {
        try
        {
            _tap = ProbeTap.Open();
        }
        catch (Exception exception) when (exception is LinuxException or PortolanException)
        {
            var why = exception is LinuxException { IsPermission: false }
                ? $"the kernel does not count: {exception.Message}" : "the kernel counts for root only: run portolan watch as root";
            Missing = [new MissingFact(MissingFactCode.ChangesUnheard, "scans of this machine", why)];
        }
    }

    /// <summary>What cannot be learned.</summary>
    internal IReadOnlyList<MissingFact> Missing { get; } = [];

    /// <summary>Takes what a look found: which ports are served. Scans are looked for from the first one on.</summary>
    internal void Serve(MachineLook look)
    {
        _detector ??= new ScanDetector(look.Ephemeral);
        try
        {
            _tap?.Serve(
                OwnAddresses(), look.Served.Where(static port => port.Protocol is TransportProtocol.Tcp or TransportProtocol.Udp));
        }
        catch (LinuxException)
        {
            // More addresses or ports than the kernel keeps: those beyond are not counted.
        }
    }

    /// <summary>The scans that were recognised since the last call.</summary>
    internal IReadOnlyList<ScanSighting> Take(DateTimeOffset now)
    {
        try
        {
            return _tap is null || _detector is not { } detector ? []
                : [.. _tap.Take().OrderBy(static probe => probe.Nanoseconds).Select(probe => detector.Take(probe, now))
                    .OfType<ScanSighting>()];
        }
        catch (LinuxException)
        {
            // It is asked again in some seconds, and what was counted is still there.
            return [];
        }
    }

    public void Dispose() => _tap?.Dispose();

    private static IEnumerable<InternetAddress> OwnAddresses() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(static link => link.GetIPProperties().UnicastAddresses).Select(static own => InternetAddress.From(own.Address));
}
