using System.Globalization;
using System.Net;
using Portolan.TunScenarios.Connecting;

namespace Portolan.TunScenarios.Lwip;

/// <summary>
/// lwIP or the stack accepts connections, in a process of its own: neither shares its memory, its descriptors or a garbage collector with
/// the client.
/// </summary>
/// <remarks>An interface of lwIP has one address, so the destinations are ports.</remarks>
internal sealed class ProcessConnectServer : ConnectServer
{
    private const int FirstPort = 80;
    private const int Ports = 64;
    private const string Address = "198.18.7.2";

    private readonly PeerProgram _program;

    private ProcessConnectServer(string path, string[] options) => _program = new PeerProgram(
        Client, "198.18.7.1", path,
        ["serve", "tun0", Address, FirstPort.ToString(CultureInfo.InvariantCulture), Ports.ToString(CultureInfo.InvariantCulture),
            .. options]);

    internal override IReadOnlyList<IPEndPoint> Destinations { get; } =
        [.. Enumerable.Range(FirstPort, Ports).Select(static port => new IPEndPoint(IPAddress.Parse(Address), port))];

    internal override TimeSpan Processor => _program.Processor;

    internal override TimeSpan? OwnProcessor => _program.OwnProcessor;

    internal static ProcessConnectServer Lwip() => new(LwipProgram.Path, []);

    /// <summary>
    /// This program again, which then runs <see cref="StackServer"/>, compiled as the runtime does by default: what is warm is compiled
    /// anew while others wait.
    /// </summary>
    internal static ProcessConnectServer Stack(params string[] options) => new(Environment.ProcessPath!, options);

    public override void Dispose()
    {
        _program.Dispose();
        base.Dispose();
    }
}
