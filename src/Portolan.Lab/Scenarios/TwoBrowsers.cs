using System.Net;
using Portolan.Lab.Scenarios.Clients;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Browser windows on one PC: windows on different sites may share a port of the PC, windows on the same site may not, for the socket pair
/// names the connection.
/// </summary>
internal sealed class TwoBrowsers : IScenario
{
    private const int FirstPort = 60_200;
    private const int SecondPort = 60_401;
    private const int FourthPort = 60_402;

    private static readonly string[] Hosts = ["pc", "site1", "site2"];

    public string Name => "two-browsers";

    public string Summary => "browser windows on one PC: two sites, then the same site twice; each has its own socket pair";

    public async Task PlayAsync(ScenarioStage stage)
    {
        await stage.StepAsync(
            $"A browser window on the PC opens site1, port 80. The PC's end needs a port too: {FirstPort}, an ephemeral port. (Usually the "
            + "system chooses it at random. The lesson sets the numbers, so that they are the same in each run.)");
        await using var first = await ConnectAsync(stage, FirstPort, "site1");

        await stage.StepAsync(
            $"A second window opens a different site, site2, also port 80. It gets another port, {SecondPort}, as a system would choose. "
            + "Two connections have four connected sockets: two on the PC, one on each site. "
            + "Each site has one more, which listens.");
        await using var second = await ConnectAsync(stage, SecondPort, "site2");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowPairs(Hosts);
        stage.ShowSockets(Hosts);
        var connected = Connected(stage);
        stage.ExpectEqual(4, connected.Count, "the number of connected sockets");
        stage.ExpectEqual(2, PairsOf(connected), "the number of socket pairs");
        stage.ExpectEqual(
            2, Hosts.Sum(h => stage[h].GetSockets().Count(static s => s.State == TcpState.Listen)), "the number of listening sockets");

        await stage.StepAsync(
            "Did the second window need a port of its own? No: the sites differ, so the pairs differ. A third window opens site2 from "
            + $"port {FirstPort}, which the first window has. "
            + "One port of the PC serves both. (A program that names the port itself has to set SO_REUSEADDR for that.)");
        await using var third = await ConnectAsync(stage, FirstPort, "site2");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowSockets(["pc"], static s => s.LocalPort.Value == FirstPort);
        stage.ExpectEqual(
            "site1, site2",
            string.Join(
                ", ", stage["pc"].GetSockets().Where(static s => s.LocalPort.Value == FirstPort).Select(
                    s => stage.Network.Directory.NameOf(s.RemoteAddress!.Value)).Order(StringComparer.Ordinal)),
            $"the list of sites at the PC's port {FirstPort}");

        await stage.StepAsync(
            "A fourth window opens the same site as the first: site1, port 80. Three of the four numbers are the same now, so the PC's "
            + $"port must differ. From port {FirstPort} it would be the "
            + $"first window's pair: the PC's system refuses, and sends nothing. From port {FourthPort} it connects.");
        var refusal = await Attempt.FailureOf<PortConflictException>(
            async () => await (await ConnectAsync(stage, FirstPort, "site1")).DisposeAsync());
        var sent = stage.Packets.Count;
        await using var fourth = await ConnectAsync(stage, FourthPort, "site1");
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowPairs(Hosts);
        stage.ExpectEqual("EADDRNOTAVAIL", ErrorName.Of(refusal), $"the error from port {FirstPort}");
        stage.ExpectEqual(0, sent, "the number of packets that the refusal cost");
        connected = Connected(stage);
        stage.ExpectEqual(8, connected.Count, "the number of connected sockets of the four windows");
        stage.ExpectEqual(4, PairsOf(connected), "the number of socket pairs");

        await stage.StepAsync("All windows ask for their page. Each answer finds its window by the four numbers of its socket pair.");
        stage.ShowPackets(8);
        TcpStream[] streams = [first, second, third, fourth];
        string[] sites = ["site1", "site2", "site2", "site1"];
        var pages = new List<Task<string>>();
        foreach (var (stream, site) in streams.Zip(sites))
        {
            pages.Add(AskAsync(stream, site));

            // Requests at one instant would be answered in the order in which the threads of the web server happen to run.
            await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        }

        var shown = await Task.WhenAll(pages);
        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        foreach (var (page, number) in shown.Select(static (page, i) => (page, i)))
        {
            stage.Expect(
                Browser.StatusOf(page) == 200 && page.Contains(sites[number], StringComparison.Ordinal),
                $"window {number + 1} shows {sites[number]}");
        }

        await stage.StepAsync(
            "The windows are closed, and their connections with them. The PC closed first, so its pairs are in TIME-WAIT.");
        stage.ShowPackets(6);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await stage.WaitAsync(TimeSpan.FromMilliseconds(100));
        stage.ShowSockets(Hosts);
        stage.ExpectEqual(0, Connected(stage).Count, "the number of connected sockets");
        stage.ExpectEqual(
            4, stage["pc"].GetSockets().Count(static s => s.State == TcpState.TimeWait), "the number of pairs in TIME-WAIT on the PC");
    }

    private static Task<TcpStream> ConnectAsync(ScenarioStage stage, int port, string site) =>
        stage["pc"].ConnectTcpAsync(
            stage.EndPointOf(site, 80), new IPEndPoint(IPAddress.Any, port), reuseAddress: true, CancellationToken.None);

    private static async Task<string> AskAsync(TcpStream stream, string site)
    {
        try
        {
            return await Browser.GetAsync(stream, site, "/");
        }
        catch (IOException exception)
        {
            return exception.Message;
        }
    }

    private static List<StackSocket> Connected(ScenarioStage stage) =>
        [.. Hosts.SelectMany(h => stage[h].GetSockets()).Where(static s => s.State == TcpState.Established)];

    /// <summary>How many pairs some sockets make, each with its mirror at the other end.</summary>
    private static int PairsOf(List<StackSocket> sockets) => sockets.Count(
        s => s.RemotePort.Value == 80 && sockets.Exists(
            o => o.LocalAddress == s.RemoteAddress && o.LocalPort == s.RemotePort && o.RemoteAddress == s.LocalAddress
                && o.RemotePort == s.LocalPort));
}
