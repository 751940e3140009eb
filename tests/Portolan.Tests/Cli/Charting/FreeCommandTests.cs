using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Charting;

public sealed class FreeCommandTests
{
    [Theory]
    [InlineData("8001\n", "8000-8100")]
    [InlineData("8001\n8002\n8003\n", "8000-8100", "--count", "3")]
    [InlineData("8001\n8002\n8003\n8004\n", "8000-8100", "-c4")]
    [InlineData("8001\n", "--near", "8000")]
    [InlineData("9000\n", "9000")]
    [InlineData("8000\n", "8000-8100", "--protocol", "udp")]
    public void Free_ports_are_printed_one_a_line(string expected, params string[] args)
    {
        using var machine = new MachineConsole(new MachineBuilder().Listen("127.0.0.1:8000"));

        Assert.Equal(0, machine.Run(["free", .. args]));

        Assert.Equal(expected, machine.Output);
        Assert.Equal("", machine.Error);
    }

    [Fact]
    public void Without_a_range_a_port_that_iana_assigns_to_nobody_is_chosen()
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(0, machine.Run("free", "--count", "50"));

        var registry = Portolan.Model.Registry.ServiceRegistry.BuiltIn;
        var ports = machine.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => ushort.Parse(l, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(50, ports.Count);
        Assert.All(ports, port => Assert.InRange(port, 1024, 32767));
        Assert.DoesNotContain(
            ports,
            port => registry.Find(new Portolan.Model.PortNumber(port)).Any(
                e => e.Protocol is Portolan.Model.TransportProtocol.Tcp or Portolan.Model.TransportProtocol.Udp
                    && e.Status != Portolan.Model.Registry.ServiceStatus.Unassigned));
    }

    [Fact]
    public void Random_ports_are_free_ones_of_the_range_and_seldom_the_lowest()
    {
        var first = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            using var machine = new MachineConsole(new MachineBuilder().Listen("127.0.0.1:8000"));
            Assert.Equal(0, machine.Run("free", "8000-8999", "--random", "--count", "999"));
            var ports = machine.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(Enumerable.Range(8001, 999).Select(static p => $"{p}"), ports.Order(StringComparer.Ordinal));
            first.Add(ports[0]);
        }

        Assert.True(first.Count > 10, string.Join(' ', first));
    }

    [Fact]
    public void Fewer_ports_than_asked_for_exit_1_and_say_so()
    {
        using var held = new MachineConsole(new MachineBuilder().Process(7, "python3").Listen("0.0.0.0:8000", 7));
        using var none = new MachineConsole(new MachineBuilder().Listen("0.0.0.0:8000").Listen("0.0.0.0:8001"));
        using var some = new MachineConsole(new MachineBuilder().Listen("0.0.0.0:8000"));

        Assert.Equal(1, held.Run("free", "8000"));
        Assert.Equal("", held.Output);
        Assert.StartsWith("portolan: 8000/tcp is held here by python3 7 ", held.Error, StringComparison.Ordinal);
        Assert.EndsWith(
            "\nhint: portolan who 8000 shows why the holder runs; portolan stop 8000 --dry-run shows how to free the port\n", held.Error,
            StringComparison.Ordinal);
        Assert.Equal(1, none.Run("free", "8000-8001", "-p", "tcp"));
        Assert.Equal(("", "portolan: no free port in 8000-8001 for tcp\n"), (none.Output, none.Error));
        Assert.Equal(1, some.Run("free", "8000-8002", "-c", "5", "-p", "tcp"));
        Assert.Equal(("8001\n8002\n", "portolan: only 2 free ports in 8000-8002 for tcp\n"), (some.Output, some.Error));
    }

    [Theory]
    [InlineData("'abc' is not a port range", "abc")]
    [InlineData("'8100-8000': the range runs backwards: did you mean 8000-8100?", "8100-8000")]
    [InlineData("'80,443' is not a port range", "80,443")]
    [InlineData("'1-70000': ports end at 65535", "1-70000")]
    [InlineData("--near and --random exclude each other", "--near", "8000", "--random")]
    [InlineData("--count must be a number from 1 to 65535, not '0'", "--count", "0")]
    [InlineData("--count must be a number from 1 to 65535, not 'x'", "--count", "x")]
    [InlineData("--near must be a port from 1 to 65535, not '0'", "--near", "0")]
    [InlineData("--protocol must be tcp, udp or both, not 'sctp'", "--protocol", "sctp")]
    public void A_wrong_word_is_a_usage_error(string message, params string[] args)
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(2, machine.Run(["free", .. args]));

        Assert.StartsWith($"portolan: {message}\nhint: ", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        using var machine = new MachineConsole(new MachineBuilder().Listen("127.0.0.1:8000"));

        Assert.Equal(0, machine.Run("free", "8000-8100", "-c", "2", "--json"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.Equal([8001, 8002], document.GetProperty("ports").EnumerateArray().Select(p => p.GetInt32()));
    }
}
