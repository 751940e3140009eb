using System.Net;
using System.Text;

namespace Portolan.Tests.Lab.Services;

public sealed class FtpServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("EPSV", ServiceWorld.ServerAddress)]
    [InlineData("EPSV", ServiceWorld.ServerAddress6)]
    [InlineData("PASV", ServiceWorld.ServerAddress)]
    [InlineData("EPRT", ServiceWorld.ServerAddress)]
    [InlineData("EPRT", ServiceWorld.ServerAddress6)]
    [InlineData("PORT", ServiceWorld.ServerAddress)]
    public async Task A_file_goes_there_and_back_and_stands_in_the_list(string way, string server)
    {
        await using var world = new ServiceWorld();
        world.Serve("ftp", 21);
        await using var talk = await LoginAsync(world, "user", "secret", server);
        Assert.StartsWith("200", await talk.AskAsync("TYPE I"), StringComparison.Ordinal);
        Assert.StartsWith("257", await talk.AskAsync("MKD dir"), StringComparison.Ordinal);
        Assert.Equal("250 now in /dir", await talk.AskAsync("CWD dir"));
        var content = string.Concat(Enumerable.Range(0, 50_000).Select(i => (char)('a' + (i % 26))));
        Assert.Equal("226 it is here", (await TransferAsync(world, talk, way, "STOR file", content)).Answer);
        Assert.Equal("213 50000", await talk.AskAsync("SIZE /dir/file"));
        Assert.Equal(content, (await TransferAsync(world, talk, way, "RETR file", null)).Data);
        Assert.Equal("350 from 49990", await talk.AskAsync("REST 49990"));
        Assert.Equal(content[^10..], (await TransferAsync(world, talk, way, "RETR file", null)).Data);
        Assert.Equal("file\r\n", (await TransferAsync(world, talk, way, "NLST", null)).Data);
        Assert.Matches(
            "^-rw-r--r-- 1 lab lab +50000 [A-Z][a-z]{2} [0-9]{2} [0-9:]{5} file\r\n$",
            (await TransferAsync(world, talk, way, "LIST -l", null)).Data);
        Assert.StartsWith("350", await talk.AskAsync("RNFR file"), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.AskAsync("RNTO other"), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.AskAsync("DELE other"), StringComparison.Ordinal);
        Assert.Equal("", (await TransferAsync(world, talk, way, "NLST", null)).Data);
        Assert.StartsWith("221", await talk.AskAsync("QUIT"), StringComparison.Ordinal);
        await world.AllTalksEndAsync();
    }

    [Fact]
    public async Task Active_data_connections_come_from_port_20()
    {
        await using var world = new ServiceWorld();
        world.Serve("ftp", 21);
        await using var talk = await LoginAsync(world, "anonymous", "a@b");
        using var acceptor = world.Client.ListenTcp(new IPEndPoint(IPAddress.Parse("198.18.0.9"), 50_000));
        await talk.AskAsync("EPRT |1|198.18.0.9|50000|");
        await talk.AskAsync("RETR readme.txt");
        await using var data = await acceptor.AcceptAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(6), Cancellation);
        Assert.Equal("198.18.0.1:20", data.RemoteEndPoint.ToString());
    }

    [Theory]
    [InlineData("STOR x", "550")]
    [InlineData("DELE readme.txt", "550")]
    [InlineData("MKD x", "550")]
    [InlineData("CWD ../..", "250 now in /")]
    [InlineData("CWD none", "550")]
    [InlineData("PORT 198,18,0,1,0,25", "501")]
    [InlineData("PORT 198,18,0,9,0,25", "501")]
    [InlineData("EPRT |1|198.18.0.77|50000|", "501")]
    [InlineData("PORT 1,2,3", "501")]
    [InlineData("NONSENSE", "500")]
    public async Task Anonymous_reads_only_and_sends_the_server_nowhere_else(string command, string code)
    {
        await using var world = new ServiceWorld();
        world.Serve("ftp", 21);
        await using var talk = await LoginAsync(world, "anonymous", "a@b");
        Assert.StartsWith(code, await talk.AskAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_comes_in_with_a_wrong_password_or_where_anonymous_may_not()
    {
        await using var world = new ServiceWorld();
        world.Serve("ftp", 21, ("anonymous", "no"), ("files", "a/b=c; top.txt=hello"));
        await using var talk = await world.ConnectAsync(21);
        await talk.LineAsync();
        Assert.StartsWith("530", await talk.AskAsync("PWD"), StringComparison.Ordinal);
        await talk.AskAsync("USER anonymous");
        Assert.StartsWith("530", await talk.AskAsync("PASS x"), StringComparison.Ordinal);
        await talk.AskAsync("USER user");
        Assert.StartsWith("530", await talk.AskAsync("PASS wrong"), StringComparison.Ordinal);
        await talk.AskAsync("USER user");
        Assert.StartsWith("230", await talk.AskAsync("PASS secret"), StringComparison.Ordinal);
        Assert.Equal("213 7", await talk.AskAsync("SIZE top.txt"));
    }

    private static async Task<TestTalk> LoginAsync(
        ServiceWorld world, string user, string password, string server = ServiceWorld.ServerAddress)
    {
        var talk = await world.ConnectAsync(21, server);
        Assert.Equal("220 (vsFTPd 3.0.3)", await talk.LineAsync());
        Assert.StartsWith("331", await talk.AskAsync("USER " + user), StringComparison.Ordinal);
        Assert.StartsWith("230", await talk.AskAsync("PASS " + password), StringComparison.Ordinal);
        return talk;
    }

    private static async Task<(string Answer, string Data)> TransferAsync(
        ServiceWorld world, TestTalk talk, string way, string command, string? content)
    {
        var isIPv6 =
            ((Portolan.Transport.TcpStream)talk.Stream).RemoteEndPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        Stream data;
        if (way is "EPSV" or "PASV")
        {
            var answer = (await talk.AskAsync(way))!;
            var numbers = answer.Split('(', ')')[1].Split(',', '|');
            var port = way == "EPSV" ? int.Parse(numbers[3], System.Globalization.CultureInfo.InvariantCulture)
                : (int.Parse(numbers[4], System.Globalization.CultureInfo.InvariantCulture) << 8)
                    + int.Parse(numbers[5], System.Globalization.CultureInfo.InvariantCulture);
            data = await world.Client.ConnectTcpAsync(
                new IPEndPoint(IPAddress.Parse(isIPv6 ? ServiceWorld.ServerAddress6 : ServiceWorld.ServerAddress), port), null,
                Cancellation).WaitAsync(TimeSpan.FromSeconds(6), Cancellation);
            await talk.SendAsync(command + "\r\n");
        }
        else
        {
            using var acceptor = world.Client.ListenTcp(new IPEndPoint(IPAddress.Parse(isIPv6 ? "2001:db8::9" : "198.18.0.9"), 0));
            var port = acceptor.LocalEndPoint.Port;
            Assert.StartsWith(
                "200",
                await talk.AskAsync(
                    way == "EPRT"
                        ? $"EPRT |{(isIPv6 ? "2|2001:db8::9" : "1|198.18.0.9")}|{port}|"
                        : $"PORT 198,18,0,9,{port >> 8},{port & 255}"), StringComparison.Ordinal);
            await talk.SendAsync(command + "\r\n");
            data = await acceptor.AcceptAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(6), Cancellation);
        }

        Assert.StartsWith("150", await talk.LineAsync(), StringComparison.Ordinal);
        await using var end = new TestTalk(data);
        if (content is not null)
        {
            await end.SendAsync(Encoding.Latin1.GetBytes(content));
            end.EndSending();
        }

        var read = await end.RestAsync();
        await data.DisposeAsync();
        return ((await talk.LineAsync())!, read);
    }
}
