// Every run is bounded by the time of its world.
#pragma warning disable xUnit1051
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Portolan.Transport;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// The timers of a world's clock, and applications that stay on the world's thread: what they do repeats, event by event.
/// </summary>
public sealed class SimSchedulerTests
{
    [Fact]
    public void Timers_of_the_clock_are_events_of_the_world()
    {
        using var world = new SimWorld(1);
        var fired = new List<long>();
        using var timer = world.Clock.CreateTimer(
            _ => fired.Add(world.Clock.Now.Nanoseconds / 1_000_000_000), null, TimeSpan.FromHours(1), TimeSpan.FromHours(2));
        world.Run(TimeSpan.FromHours(6));
        Assert.Equal([3600, 3 * 3600, 5 * 3600], fired);

        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        world.Run(TimeSpan.FromHours(6));
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
        world.Run(TimeSpan.FromHours(6));
        Assert.Equal([3600, 3 * 3600, 5 * 3600, (6 * 3600) + 1], fired);
        Assert.Throws<ArgumentOutOfRangeException>(
            "dueTime", () => world.Clock.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(-5), TimeSpan.Zero));
    }

    [Fact]
    public void Delays_timeouts_and_periods_take_none_of_real_time()
    {
        using var world = new SimWorld(1);
        var ticks = 0;
        world.RunApplication(WaitAsync, TimeSpan.FromDays(2));
        Assert.Equal(3, ticks);
        Assert.Equal(86_400 + 3600 + (3 * 60), world.Clock.Now.Nanoseconds / 1_000_000_000);

        async Task WaitAsync()
        {
            await Task.Delay(TimeSpan.FromDays(1), world.Clock);
            using var ended = new CancellationTokenSource(TimeSpan.FromHours(1), world.Clock);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, world.Clock, ended.Token));
            using var period = new PeriodicTimer(TimeSpan.FromMinutes(1), world.Clock);
            while (ticks < 3 && await period.WaitForNextTickAsync())
            {
                ticks++;
            }
        }
    }

    [Fact]
    public void An_application_with_threads_of_its_own_waits_by_the_worlds_clock_too()
    {
        using var world = new SimWorld(1);
        world.RunApplication(Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await Task.Delay(TimeSpan.FromHours(1), world.Clock);
            }
        }), TimeSpan.FromDays(1));
        Assert.Equal(36_000, world.Clock.Now.Nanoseconds / 1_000_000_000);
    }

    [Fact]
    public void The_clock_of_a_host_is_as_wrong_as_the_host()
    {
        using var world = new SimWorld(1);
        var host = world.AddHost(new SimHostOptions
        {
            Name = "fast",
            ClockOffset = TimeSpan.FromDays(1),
            ClockDriftPartsPerMillion = 100_000,
        });
        Assert.Equal(SimClock.Origin.AddDays(1), host.Clock.GetUtcNow());
        world.RunApplication(() => Task.Delay(TimeSpan.FromSeconds(11), host.Clock), TimeSpan.FromMinutes(1));
        Assert.InRange(world.Clock.Now.Nanoseconds, 10_000_000_000, 10_000_000_200);
    }

    [Fact]
    public void The_same_seed_repeats_an_application_frame_by_frame()
    {
        var first = RunTalk(7);
        var second = RunTalk(7);
        var other = RunTalk(8);

        Assert.Equal(first.Trace, second.Trace);
        Assert.Equal(first.Events, second.Events);
        Assert.Equal(first.Capture, second.Capture);
        Assert.NotEqual(first.Trace, other.Trace);
        Assert.True(first.Capture.Length > 100_000, "the talk is short");
    }

    [Theory]
    [InlineData("delay", "DelayAsync waits for what another thread does")]
    [InlineData("task", "another thread ends its task")]
    [InlineData("thread", "ThreadAsync waits for what another thread does")]
    [InlineData("stack", "another thread uses the stack of client")]
    public void A_wait_for_something_outside_the_world_is_named(string what, string who)
    {
        using var world = MakeWorld(5, FaultProfile.None, capture: null, out var client, out _);
        var stack = client.Stack;

        var thrown = Assert.Throws<SimFailureException>(() => world.RunApplication(
            what switch { "delay" => DelayAsync, "task" => () => Task.Delay(300), "thread" => ThreadAsync, _ => StackAsync },
            TimeSpan.FromHours(1)));

        Assert.Contains($"the application waits for something outside the world: {who}", thrown.Message, StringComparison.Ordinal);

        static async Task DelayAsync() => await Task.Delay(300);

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

        async Task StackAsync()
        {
            var thread = new Thread(() => _ = stack.ConnectTcpAsync("server", 7));
            thread.Start();
            thread.Join();
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
        }
    }

    [Fact]
    public void A_timer_that_another_thread_sets_is_named_though_nobody_waits_for_it()
    {
        using var world = new SimWorld(1);
        var thrown = Assert.Throws<SimFailureException>(() => world.RunApplication(SetAsync, TimeSpan.FromHours(1)));
        Assert.Contains(
            "the application waits for something outside the world: another thread sets a timer of the world", thrown.Message,
            StringComparison.Ordinal);

        Task SetAsync()
        {
            var thread =
                new Thread(() => _ = world.Clock.CreateTimer(static _ => { }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
            thread.Start();
            thread.Join();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void What_goes_on_without_the_worlds_context_goes_on_in_the_world()
    {
        using var world = new SimWorld(1);
        world.RunApplication(WaitAsync, TimeSpan.FromHours(1));
        Assert.Equal(2, world.Clock.Now.Nanoseconds / 1_000_000_000);

        async Task WaitAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
        }
    }

    [Fact]
    public void Hosts_have_names_of_their_own()
    {
        using var world = new SimWorld(1);
        world.AddHost("web");

        var thrown = Assert.Throws<ArgumentException>("options", () => world.AddHost("WEB"));

        Assert.StartsWith("the world has a host with the name web: give each a unique name", thrown.Message, StringComparison.Ordinal);
        Assert.Single(world.Hosts);
    }

    [Fact]
    public void An_application_that_waits_for_nobody_is_told_so()
    {
        using var world = new SimWorld(1, new SimOptions { Patience = TimeSpan.FromMilliseconds(50) });
        var thrown =
            Assert.Throws<SimFailureException>(() => world.RunApplication(() => new TaskCompletionSource().Task, TimeSpan.FromMinutes(1)));
        Assert.Contains(
            "it waits for what never happens in the world, or for something outside it", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_application_throws_is_thrown() =>
        Assert.Throws<FormatException>(() =>
        {
            using var world = new SimWorld(1);
            world.RunApplication(async () =>
            {
                await Task.Yield();
                throw new FormatException("wrong");
            }, TimeSpan.FromMinutes(1));
        });

    [Fact]
    public void Kestrel_has_the_clock_of_its_host_for_services()
    {
        using var world = MakeWorld(5, FaultProfile.None, capture: null, out _, out var server);
        var app = WebWorld.Build(server.Stack, HttpProtocols.Http1);
        Assert.Same(server.Clock, app.Services.GetRequiredService<TimeProvider>());
    }

    private static (ulong Trace, long Events, byte[] Capture) RunTalk(ulong seed)
    {
        using var capture = new MemoryStream();
        using var world = MakeWorld(
            seed,
            new FaultProfile
            {
                Loss = 0.05,
                Reordering = 0.05,
                Jitter = TimeSpan.FromMilliseconds(20),
                Delay = TimeSpan.FromMilliseconds(50)
            }, capture, out var client, out var server);
        using var acceptor = server.Stack.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        world.RunApplication(TalkAsync, TimeSpan.FromHours(1));
        return (world.Trace, world.EventCount, capture.ToArray());

        async Task TalkAsync()
        {
            var serving = ServeAsync();
            await Task.WhenAll(Enumerable.Range(0, 5).Select(AskAsync));
            acceptor.Dispose();
            await serving;
        }

        async Task ServeAsync()
        {
            var all = new List<Task>();
            await foreach (var stream in acceptor.AcceptAllAsync())
            {
                all.Add(EchoAsync(stream));
            }

            await Task.WhenAll(all);
        }

        async Task EchoAsync(TcpStream stream)
        {
            await using (stream)
            {
                // CopyToAsync awaits without a context of its own.
                await stream.CopyToAsync(stream);
            }
        }

        async Task AskAsync(int number)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(number * 30), client.Clock);
            await using var stream = await client.Stack.ConnectTcpAsync("server", 7);
            var sent = new byte[100_000];
            Array.Fill(sent, (byte)number);
            var writing = WriteAsync(stream, sent);
            var back = new byte[sent.Length];
            await stream.ReadExactlyAsync(back);
            await writing;
            Assert.Equal(sent, back);
            world.AddToTrace((ulong)number);
        }

        static async Task WriteAsync(TcpStream stream, byte[] data)
        {
            await stream.WriteAsync(data);
            stream.ShutdownWrite();
        }
    }

    private static SimWorld MakeWorld(ulong seed, FaultProfile faults, Stream? capture, out SimHost client, out SimHost server)
    {
        var world = new SimWorld(seed, new SimOptions { Capture = capture });
        (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        cable.SetFaults(faults);
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        return world;
    }
}
