using System.Net;
using Portolan.Lab.Testing;
using Portolan.Model;
using Portolan.Transport.AspNetCore;

namespace Portolan.Tests.Lab;

/// <summary>The lab as other people's tests use it.</summary>
public sealed class TestLabTests
{
    private const string Shop =
        """
        name: shop
        networks: { net: 198.18.0.0/24 }
        hosts: { web: { address: 198.18.0.10, ports: [http] }, pc: 198.18.0.20 }
        """;

    [Fact]
    public async Task A_test_asserts_on_the_segments_of_a_connection()
    {
        await using var lab = TestLab.FromYaml(Shop);
        lab.Run(async () =>
        {
            await using var stream = await lab["pc"].ConnectTcpAsync("web", 80);
        });
        lab.Run(TimeSpan.FromMinutes(5));

        var segments = lab.Segments;
        Assert.True(segments[0].IsSyn);
        Assert.True(segments[1].IsSynAck);
        Assert.Equal("80", segments[0].DestinationPort.ToString());
        Assert.DoesNotContain(segments, static s => s.IsReset);
        Assert.Empty(lab["pc"].GetSockets());
    }

    [Theory]
    [InlineData("delay", "DelayAsync waits for what another thread does")]
    [InlineData("task", "another thread ended its task")]
    [InlineData("thread", "ThreadAsync waits for what another thread does")]
    public async Task A_wait_for_something_outside_the_lab_is_named(string what, string who)
    {
        await using var lab = TestLab.FromYaml(Shop);

        var thrown = Assert.Throws<InvalidOperationException>(() => lab.Run(what switch
        {
            "delay" => DelayAsync,
            "task" => () => Task.Delay(500),
            _ => ThreadAsync,
        }));

        Assert.StartsWith($"the activity waits for something outside the lab: {who}. ", thrown.Message, StringComparison.Ordinal);
        lab.Run(() => Task.Delay(TimeSpan.FromHours(0.5), lab.Time));

        static async Task DelayAsync() => await Task.Delay(500);

        static async Task ThreadAsync()
        {
            var done = new TaskCompletionSource();
            new Thread(() =>
            {
                Thread.Sleep(300);
                done.SetResult();
            }).Start();
            await done.Task;
        }
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task A_wait_for_what_never_comes_is_told_from_one_that_takes_long()
    {
        await using var lab = TestLab.FromYaml(Shop);

        var thrown = Assert.Throws<TimeoutException>(() => lab.Run(() => new TaskCompletionSource().Task, TimeSpan.FromMinutes(1)));

        Assert.Equal("not done after 60 s of the lab's time: it waits for what never happens in the lab, or for "
            + "something outside the lab", thrown.Message);
        Assert.Throws<ArgumentOutOfRangeException>("within", () => lab.Run(() => Task.CompletedTask, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>("time", () => lab.Run(TimeSpan.FromSeconds(-1)));
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task A_timer_that_another_thread_sets_is_no_timeout()
    {
        await using var lab = TestLab.FromYaml(Shop);

        var thrown = Assert.Throws<InvalidOperationException>(() => lab.Run(SetAsync, TimeSpan.FromMinutes(1)));

        Assert.StartsWith(
            "the activity waits for something outside the lab: another thread sets a timer of the lab. ", thrown.Message,
            StringComparison.Ordinal);

        Task SetAsync()
        {
            var thread =
                new Thread(() => _ = lab.Time.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
            thread.Start();
            thread.Join();
            return new TaskCompletionSource().Task;
        }
    }

    [Fact]
    public async Task HttpClient_asks_a_host_of_a_lab_in_real_time()
    {
        await using var lab = TestLab.FromYaml(Shop, new TestLabOptions { IsRealTime = true });
        using var client = new HttpClient(lab["pc"].CreateHttpHandler());

        var page = await client.GetStringAsync(new Uri("http://web/"), TestContext.Current.CancellationToken);

        Assert.Contains("web", page, StringComparison.Ordinal);
        Assert.Contains(lab.Segments, static s => s.Length > 0 && s.SourcePort.Value == 80);
    }

    [Fact]
    public async Task A_port_that_runs_a_program_does_so_where_the_test_allows_it()
    {
        const string Tools =
            """
            networks: { net: 198.18.0.0/24 }
            hosts: { tools: { address: 198.18.0.10, ports: { 80: { exec: [cat] } } }, pc: 198.18.0.20 }
            """;
        var refused = Assert.Throws<PortolanException>(() => TestLab.FromYaml(Tools, new TestLabOptions { IsRealTime = true }));
        Assert.Contains("AllowExec", refused.Hint?.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TestLab.FromYaml(Tools, new TestLabOptions { AllowExec = true }));

        await using var lab = TestLab.FromYaml(Tools, new TestLabOptions { IsRealTime = true, AllowExec = true });
        await using var stream = await lab["pc"].ConnectTcpAsync("tools", 80, cancellationToken: TestContext.Current.CancellationToken);
        await stream.WriteAsync("word"u8.ToArray(), TestContext.Current.CancellationToken);
        var answer = new byte[4];
        await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal("word"u8.ToArray(), answer);
    }

    [Fact]
    public void A_text_that_is_no_topology_says_where_and_why()
    {
        var error = Assert.Throws<PortolanException>(() => TestLab.FromYaml("name: x\nnetwork: { net: 198.18.0.0/24 }"));

        Assert.Contains(error.Details, static d => d.Contains("networks", StringComparison.Ordinal));
    }

    [Trait("Quick", "no")]
    [Fact]
    public async Task A_thousand_hosts_with_services_answer_at_once()
    {
        var hosts = string.Join(
            '\n',
            Enumerable.Range(0, 1000).Select(
                static i => $"  h{i}: {{ address: 198.18.{i / 250}.{1 + (i % 250)}, ports: [echo, daytime] }}"));
        await using var lab =
            TestLab.FromYaml($"name: thousand\nnetworks: {{ net: 198.18.0.0/16 }}\nhosts:\n  pc: 198.18.200.1\n{hosts}\n");
        var pc = lab["pc"];
        var echoed = 0;
        lab.Run(async () => await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            await using var stream = await pc.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse($"198.18.{i / 250}.{1 + (i % 250)}"), 7));
            var sent = System.Text.Encoding.ASCII.GetBytes($"host {i}");
            await stream.WriteAsync(sent);
            var buffer = new byte[sent.Length];
            await stream.ReadExactlyAsync(buffer);
            echoed += buffer.AsSpan().SequenceEqual(sent) ? 1 : 0;
        })));

        Assert.Equal(1000, echoed);
        Assert.Equal(0, lab.Network.OverflowCount);
    }
}
