using System.Reflection;
using Portolan.Lab.Testing;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;
using Portolan.Transport.Testing.Apps;

namespace Portolan.Tests.Libraries;

/// <summary>Every option of the libraries says no where it is set, with the framework's exceptions and the allowed range.</summary>
public sealed class OptionRangeTests
{
    /// <summary>What may be negative, and what a null is a choice for.</summary>
    private static readonly string[] MayBeNegative = ["SimHostOptions.ClockOffset", "SimHostOptions.ClockDriftPartsPerMillion"];

    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>Each settable property of each public type of options.</summary>
    public static TheoryData<Type, string> Options()
    {
        var data = new TheoryData<Type, string>();
        Assembly[] assemblies = [
            typeof(NetworkStack).Assembly, typeof(PortolanHttpExtensions).Assembly, typeof(SimWorld).Assembly, typeof(TestLab).Assembly];
        foreach (var type in assemblies.SelectMany(a => a.GetExportedTypes()))
        {
            if (IsOptions(type))
            {
                foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(
                    p => p.SetMethod is { IsPublic: true }))
                {
                    data.Add(type, property.Name);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void A_value_outside_the_range_is_refused_where_it_is_set(Type type, string name)
    {
        var property = type.GetProperty(name)!;
        var options = Make(type);

        // What it is by itself is allowed.
        if (property.GetValue(options) is { } usual)
        {
            Assert.Null(Set(options, property, usual));
        }

        foreach (var wrong in WrongValues(property))
        {
            var thrown = Set(options, property, wrong);
            Assert.True(thrown is ArgumentException, $"{type.Name}.{name} = {wrong} is taken");
            Assert.Equal(name, ((ArgumentException)thrown).ParamName);
            Assert.True(thrown is ArgumentNullException == wrong is null, $"{type.Name}.{name} = {wrong ?? "null"}: {thrown.GetType()}");
            if (thrown is ArgumentOutOfRangeException range)
            {
                Assert.Equal(
                    wrong is byte or int ? Convert.ToInt32(wrong, System.Globalization.CultureInfo.InvariantCulture) : wrong,
                    range.ActualValue is byte small ? (int)small : range.ActualValue);
                Assert.Matches("must be (.* to .*|.* or more|more than .*|[A-Z].*)", range.Message);
            }
        }
    }

    [Fact]
    public void Every_kind_of_options_is_looked_at() =>
        Assert.Superset(
            new HashSet<string>(
            [
                "FaultProfile", "MemoryLinkOptions", "NetworkStackOptions", "MemoryNetworkOptions", "TcpListenOptions",
                "IpInterfaceOptions", "IpHostOptions", "IcmpLimits",
                "NeighbourLimits", "ReassemblyOptions", "UdpSocketOptions", "TcpProfile", "StackTransportOptions", "SimOptions",
                "SimHostOptions", "TestLabOptions", "BurstLoss",
            ]),
            Options().Select(row => ((ITheoryDataRow)row).GetData()[0]).OfType<Type>().Select(t => t.Name).ToHashSet());

    [Fact]
    public void A_limit_of_nothing_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("MemoryLimit", () => new NetworkStackOptions { MemoryLimit = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("WriteBufferLimit", () => new NetworkStackOptions { WriteBufferLimit = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("Capacity", () => new MemoryLinkOptions { Capacity = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("Capacity", () => new MemoryNetworkOptions { Capacity = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("Mtu", () => new MemoryNetworkOptions { Mtu = 67 });
        Assert.Throws<ArgumentOutOfRangeException>("QueueLimit", () => new FaultProfile { QueueLimit = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("Backlog", () => new TcpListenOptions { Backlog = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("MaxEvents", () => new SimOptions { MaxEvents = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("Patience", () => new SimOptions { Patience = TimeSpan.Zero });
    }

    [Fact]
    public void A_script_of_a_connection_is_looked_at_too()
    {
        Assert.Throws<ArgumentOutOfRangeException>("Bytes", () => new TcpScript(-1));
        Assert.Throws<ArgumentOutOfRangeException>("WriteAtMost", () => new TcpScript(1, WriteAtMost: 0));
        Assert.Throws<ArgumentOutOfRangeException>("ReadAtMost", () => new TcpScript(1) with { ReadAtMost = -1 });
        Assert.Throws<ArgumentOutOfRangeException>("ReadEvery", () => new TcpScript(1, ReadEvery: TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("WriteEvery", () => new TcpScript(1) { WriteEvery = TimeSpan.MinValue });
        Assert.Throws<ArgumentOutOfRangeException>("Urgent", () => new TcpScript(1) { Urgent = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>("AbortAt", () => new TcpScript(1) { AbortAt = TimeSpan.FromTicks(-1) });
        Assert.Equal(new TcpScript(5, 4, 3), new TcpScript(5, 4, 3) { WriteEvery = TimeSpan.Zero });
    }

    [Fact]
    public async Task What_gives_no_task_is_said()
    {
        using var world = new SimWorld(1);
        Assert.Throws<ArgumentException>("application", () => world.RunApplication(() => null!, TimeSpan.FromSeconds(1)));
        await using var lab = TestLab.FromYaml("name: x\nnetworks: { net: 198.18.0.0/24 }\nhosts: { web: { address: 198.18.0.10 } }\n");
        Assert.Throws<ArgumentException>("activity", () => lab.Run(() => null!));
    }

    [Fact]
    public void Losses_in_bursts_are_chances_too()
    {
        Assert.Throws<ArgumentOutOfRangeException>("End", () => new BurstLoss(0.1, 2));
        Assert.Throws<ArgumentOutOfRangeException>("Begin", () => new BurstLoss(double.NaN, 0.5));
        Assert.Contains(
            "Loss must be 0 to 1", Assert.Throws<ArgumentOutOfRangeException>(() => new FaultProfile { Loss = 5 }).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("198.18.0.1", "'198.18.0.1' has no length of its network: expected ADDRESS/PREFIX, e.g. 198.18.0.1/24")]
    [InlineData("2001:db8::1", "'2001:db8::1' has no length of its network: expected ADDRESS/PREFIX, e.g. 2001:db8::1/64")]
    [InlineData("198.18.0.1/33", "'198.18.0.1/33' has no length of a network: expected 0 to 32 behind the slash")]
    [InlineData("198.18.0.1/-1", "'198.18.0.1/-1' has no length of a network: expected 0 to 32 behind the slash")]
    [InlineData("web/24", "'web/24' is not an address with a prefix length: expected ADDRESS/PREFIX, e.g. 198.18.0.1/24")]
    public async Task An_address_needs_the_length_of_its_network(string address, string message)
    {
        await using var network = new MemoryNetwork();

        Assert.Equal(message, Assert.Throws<FormatException>(() => network.AddStack("web", address)).Message);
        await using var stack = network.AddStack("web", "198.18.0.7/24");
    }

    [Fact]
    public async Task Faults_are_set_for_stacks_of_the_network_alone()
    {
        await using var network = new MemoryNetwork();
        await using var other = new MemoryNetwork();
        network.AddStack("web", "198.18.0.1/24");
        var namesake = other.AddStack("web", "198.18.0.1/24");

        var thrown = Assert.Throws<KeyNotFoundException>(() => network.SetFaults(namesake, new FaultProfile { Loss = 1 }));

        Assert.Equal("the stack web is none of this network's", thrown.Message);
        other.SetFaults(namesake, new FaultProfile { Loss = 1 });
    }

    [Fact]
    public async Task Two_stacks_of_a_network_have_no_address_in_common()
    {
        await using var network = new MemoryNetwork();
        network.AddStack("web", "198.18.0.1/24", "2001:db8::1/64");

        var thrown = Assert.Throws<ArgumentException>("addresses", () => network.AddStack("other", "198.18.0.2/24", "2001:db8:0::1/64"));

        Assert.StartsWith("the stack web has the address 2001:db8::1 already", thrown.Message, StringComparison.Ordinal);
        network.AddStack("other", "198.18.0.2/24");
    }

    [Fact]
    public void A_world_says_no_where_it_is_asked()
    {
        using var world = new SimWorld(1);
        var (a, b) = (world.AddHost("a"), world.AddHost("b"));
        var cable = world.Connect(a, b);
        Assert.Throws<ArgumentOutOfRangeException>("mtu", () => world.Connect(a, b, mtu: 0));
        Assert.Throws<ArgumentNullException>("right", () => world.Connect(a, null!));
        Assert.Throws<ArgumentOutOfRangeException>("prefixLength", () => a.AddAddress(cable.LeftInterface, "198.18.0.1", 33));
        Assert.Throws<FormatException>(() => a.AddAddress(cable.LeftInterface, "198.18.0.1/24", 24));
        Assert.Throws<ArgumentOutOfRangeException>("delay", () => world.After(TimeSpan.FromSeconds(-1), () => { }));
        Assert.Throws<ArgumentOutOfRangeException>("time", () => world.Run(TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentNullException>("Profile", () => cable.SetFaults(null!));
        Assert.Throws<ArgumentException>("at", () => a.AddAddress(cable.RightInterface, "198.18.0.1", 24));
        var script = new TcpScript(1);
        Assert.Throws<ArgumentOutOfRangeException>("port", () => new TcpTransfer(a, b, "198.18.0.1", 70_000, script, script));
        Assert.Throws<ArgumentNullException>("server", () => new TcpTransfer(a, null!, "198.18.0.1", 80, script, script));
        Assert.Throws<ArgumentOutOfRangeException>("port", () => new UdpEcho(a, b, "198.18.0.1", 0, mayRepeat: false));
        Assert.Throws<ArgumentOutOfRangeException>("length", () => new UdpEcho(a, b, "198.18.0.1", 7, mayRepeat: false).Send(-1));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => SimRunner.Run(1, -1, _ => { }, Path.GetTempPath()));
        Assert.Throws<ArgumentNullException>("scenario", () => SimRunner.Run(1, null!, Path.GetTempPath()));
    }

    [Fact]
    public void A_topology_that_is_wrong_shows_its_line_and_column_in_a_log()
    {
        var thrown = Assert.Throws<Portolan.Model.PortolanException>(
            () => TestLab.FromYaml("name: x\nnetworks: { net: 198.18.0.0/24 }\nhosts: { web: { address: 198.18.9.10 } }\n"));

        Assert.NotEmpty(thrown.Details);
        Assert.Contains(":3:26: ", string.Join('\n', thrown.Details), StringComparison.Ordinal);
        foreach (var detail in thrown.Details)
        {
            Assert.Contains(detail, thrown.ToString(), StringComparison.Ordinal);
        }

        Assert.Contains(thrown.Message, thrown.ToString(), StringComparison.Ordinal);
        Assert.Contains("   at ", thrown.ToString(), StringComparison.Ordinal);
    }

    private static bool IsOptions(Type type) =>
        type is { IsAbstract: false, IsClass: true }
            && (type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal)
            || type.Name.EndsWith("Profile", StringComparison.Ordinal) || type == typeof(BurstLoss));

    private static object Make(Type type) => type == typeof(BurstLoss) ? new BurstLoss(0, 1) : Activator.CreateInstance(type)!;

    private static Exception? Set(object options, PropertyInfo property, object? value)
    {
        try
        {
            property.SetValue(options, value);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException;
        }
    }

    private static object?[] WrongValues(PropertyInfo property)
    {
        var type = property.PropertyType;
        var negative = !MayBeNegative.Contains($"{property.DeclaringType!.Name}.{property.Name}", StringComparer.Ordinal);
        return type switch
        {
            _ when type == typeof(double) => [double.NaN, -0.1, 1.1, double.PositiveInfinity],
            _ when type == typeof(TimeSpan) && negative => [TimeSpan.FromTicks(-1), TimeSpan.MinValue],
            _ when type == typeof(int) && negative => [-1, int.MinValue],
            _ when type == typeof(int) => [int.MinValue],
            _ when type == typeof(long) => [-1L, long.MinValue],
            _ when type.IsEnum && type.GetCustomAttribute<FlagsAttribute>() is null => [Enum.ToObject(type, 200)],
            _ when !type.IsValueType && Nullability.Create(property).WriteState == NullabilityState.NotNull => [null],
            _ => [],
        };
    }
}
