using System.Net;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ports;

namespace Portolan.Lab.Scenarios;

/// <summary>A client runs out of ephemeral ports towards one destination: what still works, and how ports come back.</summary>
internal sealed class EphemeralExhaustion : IScenario
{
    private const int First = 50_000;
    private const int Last = 50_015;
    private const int Count = Last - First + 1;
    private const int GreeterPort = 8080;
    private const int FixedPort = 40_000;

    public string Name => "ephemeral-exhaustion";

    public string Summary => "a PC has no ephemeral port left for one server: what fails, what works, how ports come back";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var streams = await UseUpAsync(stage, "pc");
        await FailAsync(stage);
        await GoElsewhereAsync(stage);
        await CloseAsync(stage, streams);
        await WithoutTimestampsAsync(stage);
        await TakeOverAsync(stage);
    }

    private static async Task<List<TcpStream>> UseUpAsync(ScenarioStage stage, string host)
    {
        await stage.StepAsync(
            $"The PC may give its connections {Count} ports, {First} to {Last}. (Linux has 28,232 of them, 32768 to 60999: "
                + $"net.ipv4.ip_local_port_range.) "
            + $"It opens {Count} connections to port 80 of web, and each gets a port that no other to there has.");
        stage.ShowPackets(6);
        var streams = await OpenAllAsync(stage, host);
        var ports = streams.ConvertAll(static s => s.LocalEndPoint.Port);
        stage.Show("the ports in the order in which they were given", string.Join(' ', ports));
        stage.ExpectEqual(Count, ports.Distinct().Count(), "the number of different ports");
        stage.Expect(ports.TrueForAll(static p => p is >= First and <= Last), $"all of them are {First} to {Last}");
        stage.Expect(
            !ports.SequenceEqual(ports.Order()),
            "they were not given in order: who could guess the next port could forge segments (RFC 6056)");
        stage.ExpectEqual(Count, Established(stage, host), $"the number of connections that {host} has");
        return streams;
    }

    private static async Task FailAsync(ScenarioStage stage)
    {
        await stage.StepAsync("One more connection to there has no port left: every pair of the PC's address and a port with web's port 80 "
            + "exists. It fails on the PC, and web never hears of it.");
        var failure = await Attempt.FailureOf<PortConflictException>(() => ConnectAsync(stage, "pc", "web", 80));
        if (failure is not null)
        {
            stage.Show("what the program gets", failure.Message);
        }

        stage.ExpectEqual("EADDRNOTAVAIL", ErrorName.Of(failure), "the error");
        stage.Expect(failure?.Result.Rule == BindRule.Exhausted, "the reason is that no port is free", $"{failure?.Result.Rule}");
        stage.ExpectEqual<int?>(Count, failure?.Result.Tried, "the number of ports that were tried");
        stage.ExpectEqual(0, stage.Packets.Count, "the number of packets that were sent");
    }

    private static async Task GoElsewhereAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "Ports are not used up as such: only pairs are. Another port of web, or another server, makes new pairs with the same ports.");
        await using var other = await ConnectAsync(stage, "pc", "web", 443);
        await using var mirror = await ConnectAsync(stage, "pc", "mirror", 80);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(10));
        stage.ShowSockets(["pc"], s => s.LocalPort.Value == other.LocalEndPoint.Port || s.LocalPort.Value == mirror.LocalEndPoint.Port);
        foreach (var (stream, to) in new[] { (other, "web port 443"), (mirror, "mirror port 80") })
        {
            var port = stream.LocalEndPoint.Port;
            var pairs = stage["pc"].GetSockets().Where(s => s.State == TcpState.Established && s.LocalPort.Value == port).ToList();
            stage.Expect(
                pairs.Exists(s => s.RemoteAddress == stage.AddressOf("web") && s.RemotePort.Value == 80),
                $"the port of the connection to {to}, {port}, has one to web port 80 too");
            stage.ExpectEqual(
                pairs.Count, pairs.Select(static s => (s.RemoteAddress, s.RemotePort)).Distinct().Count(),
                $"the number of different peers of port {port}");
        }

        stage.Remark("Then these two are closed.");
    }

    private static async Task CloseAsync(ScenarioStage stage, List<TcpStream> streams)
    {
        await stage.StepAsync(
            $"The PC closes all {Count} connections. It closed first, so the pairs rest in TIME-WAIT at its end and their "
                + $"ports are not back yet. "
            + "More than a second later one may be used again all the same: by then timestamps tell old segments from new ones (RFC 7323). "
            + "Linux does so when net.ipv4.tcp_tw_reuse is 1; its default since 4.19 is 2, for the loopback only.");
        stage.ShowPackets(8);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var resting = Resting(stage, "pc");
        stage.ExpectEqual(Count, resting.Count(s => IsToWeb(stage, s)), "the number of pairs in TIME-WAIT");
        stage.Expect(
            await Attempt.FailureOf<PortConflictException>(
                () => ConnectAsync(stage, "pc", "web", 80)) is { Result.Rule: BindRule.Exhausted },
                "after a tenth of a second a new connection still has no port");
        await stage.WaitAsync(TimeSpan.FromSeconds(2));
        await using var again = await ConnectAsync(stage, "pc", "web", 80);
        stage.ExpectEqual(
            Count - 1, Resting(stage, "pc").Count(s => IsToWeb(stage, s)),
            "the number of pairs in TIME-WAIT two seconds later, once a new connection has one,");
        stage.Expect(
            resting.Exists(s => s.LocalPort.Value == again.LocalEndPoint.Port), $"its port, {again.LocalEndPoint.Port}, is one of those");
    }

    private static async Task WithoutTimestampsAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            "The PC named old does not use timestamps. After its connections are closed it has to wait until TIME-WAIT is over, 60 seconds "
                + "here and 4 minutes by RFC 9293; then all its ports are back.");
        stage.ShowPackets(3);
        var streams = await OpenAllAsync(stage, "old");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await stage.WaitAsync(TimeSpan.FromSeconds(55));
        stage.ExpectEqual(Count, Resting(stage, "old").Count, "the number of pairs in TIME-WAIT after 55 seconds");
        stage.Expect(
            await Attempt.FailureOf<PortConflictException>(
                () => ConnectAsync(stage, "old", "web", 80)) is { Result.Rule: BindRule.Exhausted }, "a new connection has no port then");
        await stage.WaitAsync(TimeSpan.FromSeconds(6));
        stage.ExpectEqual(0, Resting(stage, "old").Count, "the number of them 6 seconds later");
        streams = await OpenAllAsync(stage, "old");
        stage.ExpectEqual(Count, streams.Count, "the number of connections that it can open again");
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }
    }

    private static async Task TakeOverAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"When the server closes first, the pair rests at the server, and the client may use its port again at once. The server takes "
                + $"the new SYN on a pair in TIME-WAIT, because its timestamp is later (RFC 6191). "
            + $"Here the PC connects twice from port {FixedPort}.");
        using var greeter = Greeter.Listen(stage["web"], "hello", new IPEndPoint(IPAddress.Any, GreeterPort));
        var answers = new List<string> { await AskAsync(stage) };
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var rested = stage["web"].GetSockets().Where(static s => s.LocalPort.Value == GreeterPort && s.RemotePort.Value == FixedPort)
            .Select(static s => s.State).ToList();
        answers.Add(await AskAsync(stage));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(10));
        stage.ShowSockets(["web"], static s => s.LocalPort.Value == GreeterPort);
        stage.Expect(
            rested is [TcpState.TimeWait], "the server has the pair in TIME-WAIT before the second connection", string.Join(", ", rested));
        var sent = WirePacket.Arrived(stage.Packets).Where(static p => p.Record.To == "web").ToList();
        var second = sent.FindLastIndex(static p => p.Is(TcpFlags.Syn));
        stage.Expect(
            second > 0 && sent[second].Timestamp > sent[second - 1].Timestamp,
            "the timestamp of the second SYN is later than all of the first connection");
        stage.ExpectEqual("hello hello", string.Join(' ', answers), "what the server says, twice,");
    }

    private static async Task<string> AskAsync(ScenarioStage stage)
    {
        await using var stream =
            await stage["pc"].ConnectTcpAsync(stage.EndPointOf("web", GreeterPort), new IPEndPoint(IPAddress.Any, FixedPort));
        return await Greeter.HearAsync(stream);
    }

    private static async Task<List<TcpStream>> OpenAllAsync(ScenarioStage stage, string host)
    {
        var streams = new List<TcpStream>();
        for (var i = 0; i < Count; i++)
        {
            streams.Add(await ConnectAsync(stage, host, "web", 80));
        }

        return streams;
    }

    private static Task<TcpStream> ConnectAsync(ScenarioStage stage, string host, string to, int port) =>
        stage[host].ConnectTcpAsync(stage.EndPointOf(to, port), localEndPoint: null);

    private static int Established(ScenarioStage stage, string host) =>
        stage[host].GetSockets().Count(static s => s.State == TcpState.Established);

    private static List<StackSocket> Resting(ScenarioStage stage, string host) =>
        [.. stage[host].GetSockets().Where(static s => s.State == TcpState.TimeWait)];

    private static bool IsToWeb(ScenarioStage stage, StackSocket socket) =>
        socket.RemoteAddress == stage.AddressOf("web") && socket.RemotePort.Value == 80;
}
