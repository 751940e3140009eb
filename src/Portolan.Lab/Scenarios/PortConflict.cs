using System.Globalization;
using System.Net;
using System.Text;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Transport;
using Portolan.Transport.Ports;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Two programs want one port: refused, with who holds it. What keeps two sockets apart: the address, the protocol, or SO_REUSEPORT by
/// consent.
/// </summary>
internal sealed class PortConflict : IScenario
{
    private const int Port = 8080;
    private const int SharedPort = 9090;
    private const int Calls = 20;

    public string Name => "port-conflict";

    public string Summary => "two programs want one port: who is refused and why, and what may stand beside each other";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var server = stage["server"];
        var first = Greeter.Listen(server, "A", new IPEndPoint(stage.AddressOf("server").ToIPAddress(), Port));
        await RefuseAsync(stage, server);
        await AllowAsync(stage, server);
        await ShareAsync(stage, server);
        await RestartAsync(stage, server, first);
    }

    private static async Task RefuseAsync(ScenarioStage stage, NetworkStack server)
    {
        var address = stage.AddressOf("server");
        await stage.StepAsync($"Program A listens to TCP port {Port} at {address}. Program B wants the same port at the same address, and "
            + $"then at all addresses of the machine: both would get A's connections, so both are refused.");
        var same = Attempt.FailureOf<PortConflictException>(
            () => Greeter.Listen(server, "B", new IPEndPoint(address.ToIPAddress(), Port)).Dispose());
        var all =
            Attempt.FailureOf<PortConflictException>(() => Greeter.Listen(server, "B", new IPEndPoint(IPAddress.Any, Port)).Dispose());
        stage.ShowSockets(["server"], static s => s.LocalPort.Value == Port);
        if (same is not null)
        {
            stage.Show("what B gets", same.Message);
        }

        stage.ExpectEqual("EADDRINUSE", ErrorName.Of(same), "B's error at the same address");
        stage.ExpectEqual("EADDRINUSE", ErrorName.Of(all), "B's error at all addresses");
        stage.ExpectEqual(
            $"tcp {address}:{Port} listening", $"{same?.Result.Conflict}", "the socket in the way of the first try, A's,");
        stage.ExpectEqual($"tcp {address}:{Port} listening", $"{all?.Result.Conflict}", "the socket in the way of the second try");
    }

    private static async Task AllowAsync(ScenarioStage stage, NetworkStack server)
    {
        var ipv6 = stage.Network.Directory.Find("server").First(static a => !a.IsIPv4);
        await stage.StepAsync(
            $"A socket is protocol, address and port. So B may have port {Port} at another address of the same machine, its IPv6 address "
            + $"{ipv6}, and C may have UDP port {Port} at A's address. The PC reaches each of the three.");
        using var second = Greeter.Listen(server, "B", new IPEndPoint(ipv6.ToIPAddress(), Port));
        using var third = server.BindUdp(new IPEndPoint(stage.AddressOf("server").ToIPAddress(), Port));
        var answering = AnswerOnceAsync(third);
        var names = new[]
        {
            await Greeter.AskAsync(stage["pc"], stage.EndPointOf("server", Port)),
            await Greeter.AskAsync(stage["pc"], new IPEndPoint(ipv6.ToIPAddress(), Port)),
            await AskDatagramAsync(stage, stage.EndPointOf("server", Port)),
        };
        await answering;
        stage.ShowSockets(["server"], static s => s.LocalPort.Value == Port && s.RemoteAddress is null);
        stage.ExpectEqual("A", names[0], $"who answers at TCP port {Port} of the IPv4 address");
        stage.ExpectEqual("B", names[1], $"who answers at TCP port {Port} of the IPv6 address");
        stage.ExpectEqual("C", names[2], $"who answers at UDP port {Port} of the IPv4 address");
    }

    private static async Task ShareAsync(ScenarioStage stage, NetworkStack server)
    {
        await stage.StepAsync(
            $"D and E set SO_REUSEPORT and listen to port {SharedPort} together. Their system computes from each connection's socket pair "
            + "which of the two gets it. F did not set the option, and is refused.");
        stage.ShowPackets(9);
        var at = new IPEndPoint(IPAddress.Any, SharedPort);
        using var one = Greeter.Listen(server, "D", at, reusePort: true);
        using var two = Greeter.Listen(server, "E", at, reusePort: true);
        var refusal = Attempt.FailureOf<PortConflictException>(() => Greeter.Listen(server, "F", at).Dispose());
        var answers = new List<string>();
        for (var i = 0; i < Calls; i++)
        {
            answers.Add(await Greeter.AskAsync(stage["pc"], stage.EndPointOf("server", SharedPort)));
        }

        var (d, e) = (answers.Count(static a => a == "D"), answers.Count(static a => a == "E"));
        stage.ShowSockets(["server"], static s => s.LocalPort.Value == SharedPort && s.RemoteAddress is null);
        stage.Show("who answered", TextColumns.Lines(["program", "connections"], [["D", Text(d)], ["E", Text(e)]]));
        stage.Expect(refusal is not null, "F, without SO_REUSEPORT, is refused");
        stage.ExpectEqual(Calls, d + e, "the number of connections that D or E answered");
        stage.Expect(d > 0 && e > 0, "both have got some", $"D {d}, E {e}");
    }

    private static async Task RestartAsync(ScenarioStage stage, NetworkStack server, Greeter first)
    {
        await stage.StepAsync(
            "B, C, D and E have ended, and their sockets with them. Now A ends and starts again at once. In each of its connections A "
            + "was the side that closed first, so their pairs are in TIME-WAIT at its port. A listener that sets SO_REUSEADDR may have the "
            + "port all the same, as A does; a program that does not set it gets EADDRINUSE.");
        var others = server.GetSockets().Count(
            s => s.State != TcpState.TimeWait && s.LocalPort.Value is Port or SharedPort
                && (s.State != TcpState.Listen || s.LocalAddress != stage.AddressOf("server")));
        _ = await Greeter.AskAsync(stage["pc"], stage.EndPointOf("server", Port));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        first.Dispose();
        await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        stage.ShowSockets(["server"], static s => s.LocalPort.Value == Port);
        var address = stage.AddressOf("server").ToIPAddress();
        var refusal = await Attempt.FailureOf<PortConflictException>(
            async () => await (await server.ConnectTcpAsync(stage.EndPointOf("pc", 7), new IPEndPoint(address, Port))).DisposeAsync());
        using var again = Greeter.Listen(server, "A again", new IPEndPoint(address, Port));
        var name = await Greeter.AskAsync(stage["pc"], stage.EndPointOf("server", Port));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(10));
        stage.ExpectEqual(0, others, "the number of sockets that B, C, D and E have left open");
        stage.ExpectEqual(
            TcpState.TimeWait.Name(),
            refusal?.Result.Conflict?.Use == PortUse.TimeWait ? TcpState.TimeWait.Name() : $"{refusal?.Result.Conflict}",
            "the state of what holds the port against a program without SO_REUSEADDR");
        stage.ExpectEqual("A again", name, "who answers after the restart");
    }

    private static async Task<string> AskDatagramAsync(ScenarioStage stage, IPEndPoint server)
    {
        using var socket = stage["pc"].BindUdp(new IPEndPoint(IPAddress.Any, 0));
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5), stage.Time);
        await socket.SendAsync("who?"u8.ToArray(), server);
        var buffer = new byte[64];
        var received = await socket.ReceiveAsync(buffer, late.Token);
        return Encoding.ASCII.GetString(buffer, 0, received.Length);
    }

    private static async Task AnswerOnceAsync(UdpEndpoint socket)
    {
        var received = await socket.ReceiveAsync(new byte[64]);
        await socket.SendAsync("C"u8.ToArray(), received.RemoteEndPoint);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
