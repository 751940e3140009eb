using System.Net;
using System.Net.Sockets;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Tests.Support;
using Portolan.Traffic;
using Portolan.Traffic.Grouping;
using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Feed;

/// <summary>One meter for all viewers, for as long as there are any; the sockets are real, the time is not.</summary>
public sealed class TrafficFeedTests : IDisposable
{
    private static readonly TrafficQuestion ByPort = new(TrafficGrouping.Port, null);

    private readonly SteppedTime _time = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Exception> _reported = [];
    private readonly TrafficFeed _feed;
    private int _opened;

    public TrafficFeedTests() => _feed = new TrafficFeed(Open, _time, _reported.Add, _ending.Token);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    [Fact]
    public async Task Viewers_share_one_meter()
    {
        var views = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _feed.GetAsync(ByPort, 0, Token)));
        await _feed.GetAsync(new TrafficQuestion(TrafficGrouping.Remote, null), 0, Token);

        Assert.Equal(1, _opened);
        Assert.All(views, view => Assert.Equal((views[0].BeganAt, 1), (view.BeganAt, view.Look)));
    }

    [Fact]
    public async Task Counting_ends_after_the_last_viewer_and_begins_anew_with_the_next()
    {
        Assert.False(_feed.IsCounting);
        await _feed.GetAsync(ByPort, 0, Token);
        var running = _feed.Running;

        _time.Advance(TrafficFeed.Patience);
        Assert.True(_feed.IsCounting);
        await StepUntilAsync(() => !_feed.IsCounting);
        await running;

        Assert.Equal(1, (await _feed.GetAsync(ByPort, 0, Token)).Look);
        Assert.Equal(2, _opened);
        Assert.Empty(_reported);
    }

    [Fact]
    public async Task What_a_connection_carries_is_in_the_rows_and_in_the_ways()
    {
        const int Bytes = 100_000;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = new PortNumber((ushort)((IPEndPoint)listener.LocalEndpoint).Port);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port.Value, Token);
        using var server = await listener.AcceptTcpClientAsync(Token);
        await _feed.GetAsync(ByPort, 0, Token);

        await client.GetStream().WriteAsync(new byte[Bytes], Token);
        await server.GetStream().ReadExactlyAsync(new byte[Bytes], Token);
        var view = await NextAsync(ByPort);

        var row = Assert.Single(view.Rows, r => r.Row.Key is { Role: FlowRole.Server } key && key.Port == port);
        Assert.Equal((ulong)Bytes, row.Row.BytesIn);
        Assert.True(row.InPerSecond > 0);
        Assert.Contains(view.Rates[row.Row.Key], static rate => rate > 0);
        Assert.Equal(view.Times.Count, view.Rates[row.Row.Key].Count);
        var way = Assert.Single(view.Paths, p => p.Key.Port == port && p.Key.Role == FlowRole.Server);
        Assert.Equal((ulong)Bytes, way.Value);
        Assert.Equal(InternetAddress.LoopbackIPv4, way.Key.Remote);
        Assert.NotNull(way.Key.Process);
        var other = await _feed.GetAsync(new TrafficQuestion(TrafficGrouping.Port, $"port = {port}"), 0, Token);
        Assert.All(other.Rows, r => Assert.Equal(port, r.Row.Key.Port));
        Assert.NotEmpty(other.Rows);
    }

    [Fact]
    public async Task A_wrong_filter_opens_no_meter()
    {
        var error = await Assert.ThrowsAsync<PortolanException>(
            () => _feed.GetAsync(new TrafficQuestion(TrafficGrouping.Port, "prot = 80"), 0, Token));

        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.Contains("no field is named", error.Message, StringComparison.Ordinal);
        Assert.False(_feed.IsCounting);
    }

    [Fact]
    public async Task The_end_of_the_server_ends_counting()
    {
        await _feed.GetAsync(ByPort, 0, Token);
        var running = _feed.Running;

        await _ending.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.False(_feed.IsCounting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _feed.GetAsync(ByPort, 0, Token));
    }

    private async Task<TrafficView> NextAsync(TrafficQuestion question)
    {
        var view = await _feed.GetAsync(question, RateRing<string>.Kept, Token);
        var before = view.Look;
        await StepUntilAsync(() => view.Look > before, async () => view = await _feed.GetAsync(question, RateRing<string>.Kept, Token));
        return view;
    }

    private async Task StepUntilAsync(Func<bool> isDone, Func<Task>? step = null)
    {
        for (var steps = 0; steps < 1000 && !isDone(); steps++)
        {
            _time.Advance(TrafficFeed.Beat);
            await Task.Delay(10, Token);
            await (step?.Invoke() ?? Task.CompletedTask);
        }

        Assert.True(isDone());
    }

    private Machine Open()
    {
        Interlocked.Increment(ref _opened);
        return new Machine { IsThisHost = true };
    }
}
