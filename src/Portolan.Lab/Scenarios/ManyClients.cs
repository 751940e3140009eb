using System.Globalization;
using System.Net;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Many connections at one port of a server, from the same port of several clients: the four numbers of the socket pair tell them apart.
/// </summary>
internal sealed class ManyClients : IScenario
{
    private const int ClientPort = 50_000;

    private static readonly string[] Clients = ["pc1", "pc2", "pc3"];

    public string Name => "many-clients";

    public string Summary => "three PCs use the same port to the same port of a server, and nothing gets mixed up";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var streams = new Dictionary<string, TcpStream>();
        try
        {
            await ConnectAllAsync(stage, streams);
            await ConnectTwiceAsync(stage, streams);
            await AskAllAsync(stage, streams);
            await ResetOneAsync(stage, streams);
        }
        finally
        {
            foreach (var stream in streams.Values)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static async Task ConnectAllAsync(ScenarioStage stage, Dictionary<string, TcpStream> streams)
    {
        await stage.StepAsync($"Three PCs connect to port 80 of one server, and all three use the same port at their own end: "
            + $"{ClientPort}. The server listens once.");
        foreach (var pc in Clients)
        {
            streams.Add(pc, await ConnectAsync(stage, pc, ClientPort));
        }

        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowSockets(["server"]);
        var sockets = stage["server"].GetSockets();
        var open = Connections(stage);
        stage.ExpectEqual(1, sockets.Count(static s => s.State == TcpState.Listen), "the number of listening sockets of the server");
        stage.ExpectEqual(3, open.Count, "the number of its connections");
        stage.Expect(
            open.All(static s => s.LocalPort.Value == 80),
            "all of them are at its port 80: a listening port is not used up by the first who comes");
        stage.Expect(open.All(static s => s.RemotePort.Value == ClientPort), $"all of them come from port {ClientPort}");
        stage.ExpectEqual(3, open.Select(static s => s.RemoteAddress).Distinct().Count(), "the number of addresses that they come from");
    }

    private static async Task ConnectTwiceAsync(ScenarioStage stage, Dictionary<string, TcpStream> streams)
    {
        await stage.StepAsync(
            $"pc1 wants a second connection. From port {ClientPort} again it would be the pair that exists: its own system refuses that, "
                + $"and nothing is sent. From another port it is a pair of its own.");
        var refusal = await Attempt.FailureOf<PortConflictException>(
            async () => await (await ConnectAsync(stage, "pc1", ClientPort)).DisposeAsync());
        stage.Expect(
            refusal is not null && stage.Packets.Count == 0, "the second connection from the same port is refused without a packet");
        if (refusal is not null)
        {
            stage.Show("what pc1 gets", refusal.Message);
        }

        streams.Add("pc1 (second connection)", await ConnectAsync(stage, "pc1", ClientPort + 1));
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var open = Connections(stage);
        stage.Show("how the server distinguishes its connections", DemultiplexingTable(stage, open));
        stage.ExpectEqual(4, open.Count, "the number of the server's connections");
        stage.ExpectEqual(
            4, open.Select(static s => (s.RemoteAddress, s.RemotePort, s.LocalAddress, s.LocalPort)).Distinct().Count(),
            "the number of different socket pairs");
        stage.ExpectEqual(
            2, open.Count(s => s.RemoteAddress == stage.AddressOf("pc1")),
            "the number of those from pc1, which differ in one number: their port");
    }

    private static async Task AskAllAsync(ScenarioStage stage, Dictionary<string, TcpStream> streams)
    {
        await stage.StepAsync(
            "All four send within three milliseconds, each its own word, and the server sends each word back. Many connections share one "
            + "address and one wire: that is multiplexing. The receiver looks at all four numbers of each segment to find its "
            + "connection: demultiplexing.");
        var words = streams.Keys.Select(static (_, i) => string.Create(CultureInfo.InvariantCulture, $"word-{i + 1}-end")).ToList();
        var replies = await AskAsync(stage, streams, words);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        foreach (var (client, reply) in streams.Keys.Zip(replies))
        {
            var own = words[streams.Keys.ToList().IndexOf(client)];
            stage.Expect(
                words.All(w => reply.Contains(w, StringComparison.Ordinal) == (w == own)), $"{client} gets its own word back and no other");
        }

        var requests = WirePacket.Arrived(stage.Packets).Where(static p => p.Record.To == "server" && p.Data.Length > 0).ToList();
        stage.Expect(
            requests.TrueForAll(static p => p.DestinationPort.Value == 80),
            "the destination port alone is not enough: it is 80 in every request");
        stage.ExpectEqual(
            2, requests.Select(static p => p.SourcePort).Distinct().Count(), "the number of different source ports in the four requests");
        stage.ExpectEqual(4, requests.Select(static p => p.Ends).Distinct().Count(), "the number of different pairs in them");
    }

    private static async Task ResetOneAsync(ScenarioStage stage, Dictionary<string, TcpStream> streams)
    {
        await stage.StepAsync("pc2 gives up with a RST. The RST too belongs to one socket pair: the connections of the others go on.");
        streams["pc2"].Abort();
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        var open = Connections(stage);
        stage.Show("what the server has left", DemultiplexingTable(stage, open));
        stage.ExpectEqual(
            1, WirePacket.Arrived(stage.Packets).Count(static p => (p.Flags & TcpFlags.Rst) != 0 && p.Record.To == "server"),
            "the number of segments with RST that reach the server");
        stage.Expect(open.TrueForAll(s => s.RemoteAddress != stage.AddressOf("pc2")), "the server has no connection with pc2 any more");
        stage.ExpectEqual(3, open.Count, "the number of its other connections");
        streams.Remove("pc2");
        var replies = await AskAsync(stage, streams, Enumerable.Repeat("still-here", streams.Count));
        stage.ExpectEqual(
            3, replies.Count(static r => r.Contains("still-here", StringComparison.Ordinal)), "the number of those who still get answers");
        stage.Remark("Then they are closed.");
    }

    private static Task<TcpStream> ConnectAsync(ScenarioStage stage, string pc, int port) =>
        stage[pc].ConnectTcpAsync(stage.EndPointOf("server", 80), new IPEndPoint(IPAddress.Any, port));

    private static async Task<string[]> AskAsync(ScenarioStage stage, Dictionary<string, TcpStream> streams, IEnumerable<string> words)
    {
        var replies = new List<Task<string>>();
        foreach (var (stream, word) in streams.Values.Zip(words))
        {
            replies.Add(Browser.GetAsync(stream, "server", $"/echo?{word}"));
            await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        }

        return await Task.WhenAll(replies);
    }

    private static List<StackSocket> Connections(ScenarioStage stage) =>
        [.. stage["server"].GetSockets().Where(static s => s.State == TcpState.Established)];

    private static ColumnTable DemultiplexingTable(ScenarioStage stage, List<StackSocket> open) => TextColumns.Lines(
        ["source address", "source port", "destination address", "destination port", "", "connection of"],
        open.Select(s => (IReadOnlyList<string>)
        [
            $"{s.RemoteAddress}", $"{s.RemotePort.Value}", $"{s.LocalAddress}", $"{s.LocalPort.Value}", "->",
            stage.Network.Directory.NameOf(s.RemoteAddress!.Value) ?? "",
        ]));
}
