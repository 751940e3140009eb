using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Portolan.Tests.Lab.Services;

public sealed class SmallServiceTests
{
    [Fact]
    public async Task Echo_sends_back_what_it_gets_over_tcp_and_udp()
    {
        await using var world = new ServiceWorld();
        world.Serve("echo", 7);
        await using (var talk = await world.ConnectAsync(7))
        {
            Assert.Equal("hello", await talk.AskAsync("hello"));
            await talk.SendAsync("the end");
            talk.EndSending();
            Assert.Equal("the end", await talk.RestAsync());
        }

        Assert.Equal([1, 2, 3], await world.AskAsync(7, [1, 2, 3]));
        await world.AllTalksEndAsync();
    }

    [Fact]
    public async Task Discard_takes_all_and_says_nothing()
    {
        await using var world = new ServiceWorld();
        world.Serve("discard", 9);
        await using var talk = await world.ConnectAsync(9);
        await talk.SendAsync(new byte[300_000]);
        talk.EndSending();
        Assert.Equal("", await talk.RestAsync());
        Assert.Null(await world.AskAsync(9, [1], patienceMilliseconds: 100));
    }

    [Fact]
    public async Task Daytime_and_time_say_the_time_of_the_lab()
    {
        await using var world = new ServiceWorld();
        world.Serve("daytime", 13);
        world.Serve("time", 37);
        await using var talk = await world.ConnectAsync(13);
        var told = DateTimeOffset.ParseExact(
            (await talk.LineAsync())!, "dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(TimeProvider.System.GetUtcNow() - told, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Null(await talk.LineAsync());

        // 2,208,988,800 seconds lie between 1900 and 1970 (RFC 868).
        var number = BinaryPrimitives.ReadUInt32BigEndian((await world.AskAsync(37, [0]))!);
        Assert.InRange(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - (number - 2_208_988_800L), 0, 30);
    }

    [Fact]
    public async Task Chargen_turns_its_characters_by_one_each_line()
    {
        await using var world = new ServiceWorld();
        world.Serve("chargen", 19, ("lines", "100"));
        await using var talk = await world.ConnectAsync(19);
        var lines = (await talk.RestAsync()).Split("\r\n");
        Assert.Equal(101, lines.Length);
        Assert.Equal(""" !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefg""", lines[0]);
        Assert.Equal(lines[0][1..] + "h", lines[1]);
        Assert.Equal(lines[0], lines[95]);
    }

    [Fact]
    public async Task Chargen_ends_when_the_client_closes()
    {
        await using var world = new ServiceWorld();
        world.Serve("chargen", 19);
        await using (var talk = await world.ConnectAsync(19))
        {
            await talk.BytesAsync(1_000_000);
        }

        await world.AllTalksEndAsync();
    }

    [Fact]
    public async Task Chargen_over_udp_has_at_most_512_characters()
    {
        await using var world = new ServiceWorld();
        world.Serve("chargen", 19);
        Assert.InRange((await world.AskAsync(19, [0]))!.Length, 0, 512);
    }

    [Theory]
    [InlineData("", "user      A user")]
    [InlineData("user", "Name: A user")]
    [InlineData("/W user", "Name: A user")]
    [InlineData("nobody", "finger: nobody: no such user.")]
    [InlineData("user@elsewhere", "Finger forwarding service denied")]
    public async Task Finger_says_who_is_who(string query, string last)
    {
        await using var world = new ServiceWorld();
        world.Serve("finger", 79, ("people", "user=A user"));
        await using var talk = await world.ConnectAsync(79);
        await talk.SendAsync(query + "\r\n");
        Assert.Equal(last, (await talk.RestAsync()).Split("\r\n")[^2]);
    }

    [Fact]
    public async Task The_sentence_of_the_day_can_be_told()
    {
        await using var world = new ServiceWorld();
        world.Serve("qotd", 17, ("text", "Grüße"));
        Assert.Equal("Grüße\r\n", Encoding.UTF8.GetString((await world.AskAsync(17, []))!));
    }

    [Fact]
    public async Task Small_services_do_not_answer_each_other_over_udp()
    {
        await using var world = new ServiceWorld();
        world.Serve("echo", 7);
        using var endpoint = world.Client.BindUdp(new System.Net.IPEndPoint(System.Net.IPAddress.Any, 19));
        await endpoint.SendAsync(
            new byte[1], new System.Net.IPEndPoint(System.Net.IPAddress.Parse(ServiceWorld.ServerAddress), 7),
            TestContext.Current.CancellationToken);
        using var late = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endpoint.ReceiveAsync(new byte[10], late.Token).AsTask());
    }
}
