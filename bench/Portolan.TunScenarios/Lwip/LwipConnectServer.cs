using System.Globalization;
using System.Net;
using Portolan.TunScenarios.Connecting;

namespace Portolan.TunScenarios.Lwip;

/// <summary>lwIP accepts connections. An interface of lwIP has one address, so the destinations are ports.</summary>
internal sealed class LwipConnectServer : ConnectServer
{
    private const int FirstPort = 80;
    private const int Ports = 64;
    private const string Address = "198.18.7.2";

    private readonly LwipProgram _program;

    internal LwipConnectServer() => _program = new LwipProgram(
        Client, "198.18.7.1", "serve", "tun0", Address, FirstPort.ToString(CultureInfo.InvariantCulture), Ports.ToString(CultureInfo.InvariantCulture));

    /// <summary>64 ports of one address, for the other stack too.</summary>
    internal static IReadOnlyList<IPEndPoint> ManyPorts { get; } = [.. Enumerable.Range(FirstPort, Ports).Select(static port => new IPEndPoint(IPAddress.Parse(Address), port))];

    internal override IReadOnlyList<IPEndPoint> Destinations => ManyPorts;

    internal override TimeSpan Processor => _program.Processor;

    public override void Dispose()
    {
        _program.Dispose();
        base.Dispose();
    }
}
