using System.Net;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Binding;

namespace Portolan.Server.Serve;

/// <summary>Names who holds the port on which the page would be served.</summary>
internal static class PortInUse
{
    /// <summary>The failure.</summary>
    internal static PortolanException Of(IPEndPoint place)
    {
        var machine = new Machine { IsThisHost = true, Environment = Environment.GetEnvironmentVariable };
        var port = new PortNumber((ushort)place.Port);
        var answer = new HolderInquiry(machine).Answer(
            new PortTarget(new NamedPort(port, TransportProtocol.Tcp), null, IsFound: false), CancellationToken.None);
        var holder = answer.Report.Holders.Select(static h => h.Owner.InSentence).FirstOrDefault() ?? "another program";
        var next = answer.Report.NearestFree?.Value ?? ListenFallback;
        return new PortolanException(
            $"cannot listen on {place}: {holder} holds the port",
            $"portolan who {place.Port} shows more, or use another port: --listen {next}", ExitCode.Failed);
    }

    private const int ListenFallback = 7266;
}
