using System.Net;
using System.Text;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>One PC with windows on two sites: four sockets, two pairs.</summary>
internal sealed class TwoBrowsers : IScenario
{
    private static readonly string[] Hosts = ["pc", "site1", "site2"];

    public string Name => "two-browsers";

    public string Summary => "a PC has windows on two web sites: four sockets make two socket pairs";

    public async Task PlayAsync(ScenarioStage stage)
    {
        var pc = stage["pc"];
        await stage.StepAsync(
            "The first window connects to site1, port 80. The PC gives the connection port 60200, from its ephemeral ports.");
        await using var first = await ConnectAsync(stage, pc, 60200, "site1");
        await stage.StepAsync("The second window connects to site2, also port 80. It needs a port of its own on the PC: 60401.");
        await using var second = await ConnectAsync(stage, pc, 60401, "site2");

        await stage.StepAsync("Both windows ask for their page. What comes back finds its window by the four numbers of its socket pair.");
        var asked = AskAsync(first, "site1");

        // Two requests at one instant would be answered in the order in which the threads of the web server happen to run.
        await stage.WaitAsync(TimeSpan.FromMilliseconds(1));
        var pages = await Task.WhenAll(asked, AskAsync(second, "site2"));
        stage.Expect(
            Clients.Browser.StatusOf(pages[0]) == 200 && pages[0].Contains("site1", StringComparison.Ordinal),
            "the first window shows site1");
        stage.Expect(
            Clients.Browser.StatusOf(pages[1]) == 200 && pages[1].Contains("site2", StringComparison.Ordinal),
            "the second window shows site2");

        await stage.StepAsync("Two connections, so four sockets: two on the PC, one on each site.");
        stage.ShowPairs(Hosts);
        stage.ShowSockets(Hosts);
        var sockets = Hosts.SelectMany(h => stage[h].GetSockets()).Where(static s => s.State == TcpState.Established).ToList();
        stage.ExpectEqual(4, sockets.Count, "the number of connected sockets");
        stage.ExpectEqual(2, sockets.Count(static s => s.LocalPort.Value == 80), "the number of those at port 80");
        foreach (var socket in sockets)
        {
            var mirror = sockets.Exists(
                s => s.LocalAddress == socket.RemoteAddress && s.LocalPort == socket.RemotePort && s.RemoteAddress == socket.LocalAddress
                    && s.RemotePort == socket.LocalPort);
            stage.Expect(mirror, $"{SocketTable.Name(socket.LocalAddress, socket.LocalPort)} has its mirror at the other end");
        }

        stage.Remark("At the end both are closed.");
    }

    private static async Task<TcpStream> ConnectAsync(ScenarioStage stage, NetworkStack pc, int port, string site)
    {
        var address = stage.Network.Directory.Find(site)[0].ToIPAddress();
        return await pc.ConnectTcpAsync(new IPEndPoint(address, 80), new IPEndPoint(IPAddress.Any, port));
    }

    private static async Task<string> AskAsync(TcpStream stream, string site)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {site}\r\n\r\n"));
        var buffer = new byte[4096];
        var length = await stream.ReadAsync(buffer);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
