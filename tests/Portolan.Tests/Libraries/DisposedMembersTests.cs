using System.Net;
using System.Reflection;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Listing;
using Portolan.Lab.Services;
using Portolan.Lab.Testing;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Ip;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Libraries;

/// <summary>
/// After Dispose what does something throws ObjectDisposedException, and Dispose may come again. What only tells a fact that stays true may
/// be read.
/// </summary>
public sealed class DisposedMembersTests
{
    /// <summary>
    /// Facts that stay: names, places, what was counted or recorded, ends that are waited for; and what ends it once more.
    /// </summary>
    private static readonly Dictionary<Type, string[]> Facts = new()
    {
        [typeof(NetworkStack)] = ["Name", "Completion", "Resolver"],
        // Memory that was lent is given back through the pipes.
        [typeof(TcpStream)] = [
            "Input", "Output", "Abort", "LocalEndPoint", "RemoteEndPoint", "Completion", "CanRead", "CanWrite", "CanSeek", "CanTimeout",
            "ReadTimeout", "WriteTimeout"],
        [typeof(TcpAcceptor)] = ["LocalEndPoint"],
        [typeof(UdpEndpoint)] = ["LocalEndPoint"],
        [typeof(MemoryNetwork)] = [],
        [typeof(MemoryWire)] = ["Left", "Right"],
        [typeof(MemorySwitch)] = [],
        [typeof(MemoryLink)] = ["Layer", "HardwareAddress", "MaxFrameLength", "Description", "Arrived", "HasFrames"],
        [typeof(FaultLink)] = [
            "Profile", "Observer", "UnderWay", "Inner", "Layer", "HardwareAddress", "MaxFrameLength", "Description", "NextDeadline",
            "OnTimer"],
        [typeof(CaptureLink)] = ["Inner", "Layer", "HardwareAddress", "MaxFrameLength", "Description", "NextDeadline", "OnTimer"],
        [typeof(SimWorld)] = ["Seed", "Clock", "Random", "Trace", "EventCount", "FrameCount", "Hosts", "Cables", "Fail"],
        [typeof(SimHost)] = ["Name", "Now", "Clock", "World"],
        [typeof(SimCable)] = ["Left", "Right", "LeftInterface", "RightInterface", "FromLeft", "FromRight", "UnderWay", "World"],
        [typeof(TestLab)] = ["Network", "Time", "Packets", "Segments"],
        [typeof(VirtualNetwork)] = [
            "Topology", "Seed", "Time", "Directory", "Certificates", "PacketCount", "OverflowCount", "Traffic", "Ended"],
        [typeof(LabAuthority)] = [],
        [typeof(SharedServices)] = ["Began"],
        [typeof(ListingServer)] = [],
    };

    public static TheoryData<Type> Disposables()
    {
        Assembly[] assemblies = [
            typeof(NetworkStack).Assembly, typeof(PortolanHttpExtensions).Assembly, typeof(SimWorld).Assembly, typeof(TestLab).Assembly];
        return [.. assemblies.SelectMany(a => a.GetExportedTypes())
            .Where(
                t => t is { IsClass: true, IsAbstract: false }
                    && (typeof(IDisposable).IsAssignableFrom(t) || typeof(IAsyncDisposable).IsAssignableFrom(t)))];
    }

    [Theory]
    [MemberData(nameof(Disposables))]
    public async Task Nothing_works_on_after_Dispose(Type type)
    {
        Assert.True(
            Facts.TryGetValue(type, out var facts), $"{type} is not looked at: say how one is made, and which of its members are facts");
        await using var garden = new Garden();
        if (garden.Make(type) is not { } made)
        {
            return;
        }

        await DisposeAsync(made);
        await DisposeAsync(made);

        foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            var name = method.IsSpecialName ? method.Name[4..] : method.Name;
            if (facts.Contains(name, StringComparer.Ordinal)
                && !(method.Name.StartsWith("set_", StringComparison.Ordinal) && type == typeof(TcpStream))
                || name is "Dispose" or "DisposeAsync" or "AcceptAllAsync" or "FromYaml" or "FromTopology" || method.IsGenericMethod)
            {
                continue;
            }

            var thrown = await CallAsync(made, method, garden);
            Assert.True(
                thrown is ObjectDisposedException
                    || (thrown is NotSupportedException && name is "Length" or "Position" or "Seek" or "SetLength"),
                $"{type.Name}.{method.Name}: {thrown?.GetType().Name ?? "nothing is thrown"}");
        }
    }

    [Fact]
    public async Task Who_takes_all_connections_has_no_more_of_them_after_Dispose()
    {
        await using var garden = new Garden();
        var acceptor = (TcpAcceptor)garden.Make(typeof(TcpAcceptor))!;
        acceptor.Dispose();

        await foreach (var _ in acceptor.AcceptAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.Fail("a connection of a listener that has ended");
        }
    }

    [Fact]
    public async Task A_clock_that_nobody_advances_keeps_no_disposal()
    {
        var still = new StillTime();
        var faults = new FaultProfile { Delay = TimeSpan.FromHours(1) };
        await using var network = new MemoryNetwork(new MemoryNetworkOptions { Time = still });
        var (client, server) = (network.AddStack(Quick("client"), "198.18.0.1/24"), network.AddStack(Quick("server"), "198.18.0.2/24"));
        using var acceptor = server.ListenTcp(new IPEndPoint(IPAddress.Any, 80));
        var accepting = acceptor.AcceptAsync(TestContext.Current.CancellationToken);
        await using var stream =
            await client.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse("198.18.0.2"), 80), TestContext.Current.CancellationToken);
        await using var accepted = await accepting;
        await stream.WriteAsync(new byte[1 << 20], TestContext.Current.CancellationToken);
        network.SetFaults(faults);

        // Bytes are under way to a reader who reads none, over links that keep them for an hour that never comes.
        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await network.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    private static NetworkStackOptions Quick(string name) => new()
    {
        Name = name,
        CloseTimeout = TimeSpan.FromMilliseconds(100),
        WriteBufferLimit = 4 << 20,
    };

    private static async Task DisposeAsync(object made)
    {
        if (made is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync();
        }
        else
        {
            ((IDisposable)made).Dispose();
        }
    }

    private static async Task<Exception?> CallAsync(object made, MethodInfo method, Garden garden)
    {
        try
        {
            var result = method.Invoke(made, [.. method.GetParameters().Select(p => garden.Argument(p))]);
            switch (result)
            {
                case Task task:
                    await task.WaitAsync(TimeSpan.FromSeconds(30));
                    break;
                case ValueTask task:
                    await task.AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                    break;
                case not null
                    when method.ReturnType is { IsGenericType: true } value && value.GetGenericTypeDefinition() == typeof(ValueTask<>):
                    await ((Task)value.GetMethod("AsTask")!.Invoke(result, null)!).WaitAsync(TimeSpan.FromSeconds(30));
                    break;
            }

            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>One of each, and arguments that would do for one that lives.</summary>
    private sealed class Garden : IAsyncDisposable
    {
        private readonly MemoryNetwork _network = new();
        private readonly NetworkStack _stack;
        private readonly SimWorld _world = new(1);
        private readonly SimCable _cable;
        private readonly TestLab _lab =
            TestLab.FromYaml("name: x\nnetworks: { net: 198.18.0.0/24 }\nhosts: { web: { address: 198.18.0.10 } }\n");

        public Garden()
        {
            _stack = _network.AddStack("one", "198.18.0.1/24");
            _cable = _world.Connect(_world.AddHost("a"), _world.AddHost("b"));
        }

        public object? Make(Type type) => type.Name switch
        {
            nameof(NetworkStack) => _stack,
            nameof(TcpAcceptor) => _stack.ListenTcp(new IPEndPoint(IPAddress.Any, 80)),
            nameof(UdpEndpoint) => _stack.BindUdp(new IPEndPoint(IPAddress.Any, 53)),
            nameof(TcpStream) => Connect(),
            nameof(MemoryNetwork) => _network,
            nameof(MemoryWire) => new MemoryWire(new MacAddress(1), new MacAddress(2)),
            nameof(MemorySwitch) => new MemorySwitch(),
            nameof(MemoryLink) => NewLink(),
            nameof(FaultLink) => new FaultLink(NewLink(), FaultProfile.None, 1, TimeProvider.System),
            nameof(CaptureLink) => new CaptureLink(NewLink(), new CaptureFile(Stream.Null, TimeProvider.System, default), "x"),
            nameof(SimWorld) => _world,
            nameof(SimHost) => _world.Hosts[0],
            nameof(SimCable) => _cable,
            nameof(TestLab) => _lab,
            nameof(VirtualNetwork) => _lab.Network,
            nameof(LabAuthority) => new LabAuthority(_lab.Network.Directory),
            _ => null,
        };

        public object? Argument(ParameterInfo parameter) => parameter.ParameterType switch
        {
            _ when parameter.HasDefaultValue && parameter.DefaultValue is { } value => value,
            var t when t == typeof(string) => parameter.Name is "host" or "name" ? "web" : "198.18.0.9/24",
            var t when t == typeof(string[]) => new[] { "198.18.0.9/24" },
            var t when t == typeof(IPEndPoint) || t == typeof(EndPoint) => new IPEndPoint(IPAddress.Parse("198.18.0.1"), 81),
            var t when t == typeof(IPAddress) => IPAddress.Parse("224.0.0.99"),
            var t when t == typeof(TimeSpan) => TimeSpan.FromSeconds(1),
            var t when t == typeof(byte[]) => new byte[8],
            var t when t == typeof(int) => 1,
            var t when t == typeof(Action) => (Action)(() => { }),
            var t when t == typeof(Func<Task>) => (Func<Task>)(() => Task.CompletedTask),
            var t when t == typeof(Task) => Task.CompletedTask,
            var t when t == typeof(Func<bool>) => (Func<bool>)(() => true),
            var t when t == typeof(Func<string?>) => (Func<string?>)(() => null),
            var t when t == typeof(IPacketLink) => NewLink(),
            var t when t == typeof(IpInterface) => _cable.LeftInterface,
            var t when t == typeof(IpInterfaceOptions) => new IpInterfaceOptions { Name = "x" },
            var t when t == typeof(NetworkStackOptions) => new NetworkStackOptions { Name = "two" },
            var t when t == typeof(SimHostOptions) => new SimHostOptions { Name = "two" },
            var t when t == typeof(NetworkStack) => _stack,
            var t when t == typeof(SimHost) => _world.Hosts[0],
            var t when t == typeof(FaultProfile) => FaultProfile.None,
            var t when t.IsValueType => Activator.CreateInstance(t),
            _ => null,
        };

        public async ValueTask DisposeAsync()
        {
            await _network.DisposeAsync();
            _world.Dispose();
            await _lab.DisposeAsync();
        }

        private static MemoryLink NewLink() => new MemoryWire(new MacAddress(1), new MacAddress(2)).Left;

        private TcpStream Connect()
        {
            var other = _network.AddStack("two", "198.18.0.2/24");
            var acceptor = other.ListenTcp(new IPEndPoint(IPAddress.Any, 80));
            var accepting = acceptor.AcceptAsync().AsTask();
            var stream = _stack.ConnectTcpAsync("two", 80).GetAwaiter().GetResult();
            accepting.GetAwaiter().GetResult();
            return stream;
        }
    }

    /// <summary>A clock that stands still.</summary>
    private sealed class StillTime : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow() => default;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
                // It never fires.
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
