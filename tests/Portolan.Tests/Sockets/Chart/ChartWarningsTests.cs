using System.Globalization;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Tests.Support;

namespace Portolan.Tests.Sockets.Chart;

public sealed class ChartWarningsTests
{
    [Fact]
    public void A_quiet_machine_has_no_warning() =>
        Assert.Empty(
            PortChart.Build(new MachineBuilder().Listen("0.0.0.0:80").Connection("192.0.2.1:40000", "203.0.113.5:443").Facts).Warnings);

    [Theory]
    [InlineData(79, false)]
    [InlineData(80, true)]
    public void Ephemeral_ports_that_run_out_towards_one_destination_name_it(int inUse, bool warns)
    {
        var machine = new MachineBuilder { Ephemeral = MachineBuilder.Range(40000, 40099) };
        for (var i = 0; i < inUse; i++)
        {
            machine.Connection($"192.0.2.1:{40000 + i}", "203.0.113.5:443");
        }

        var expected = warns
            ? new[] { "80 of the 100 ephemeral ports (40000-40099) are in use, 80 of them towards 203.0.113.5:443: soon no new "
                + "connection to it will succeed" }
            : [];
        Assert.Equal(expected, PortChart.Build(machine.Facts).Warnings.Select(w => w.Text));
    }

    [Fact]
    public void Ephemeral_ports_spread_over_destinations_threaten_only_binds_without_a_port()
    {
        var machine = new MachineBuilder { Ephemeral = MachineBuilder.Range(40000, 40099) };
        for (var i = 0; i < 90; i++)
        {
            machine.TimeWait($"192.0.2.1:{40000 + i}", $"203.0.113.{i + 1}:443");
        }

        var warning = Assert.Single(PortChart.Build(machine.Facts).Warnings);
        Assert.Equal(
            "90 of the 100 ephemeral ports (40000-40099) are in use: soon no bind to port 0 will succeed", warning.Text);
        Assert.Equal("ephemeral-ports", warning.Code);
    }

    [Fact]
    public void Many_connections_to_one_listener_use_one_port()
    {
        var machine = new MachineBuilder { Ephemeral = MachineBuilder.Range(40000, 40099) };
        machine.Listen("0.0.0.0:40000");
        for (var i = 0; i < 500; i++)
        {
            machine.Connection("192.0.2.1:40000", $"203.0.113.5:{1024 + i}");
        }

        Assert.Empty(PortChart.Build(machine.Facts).Warnings);
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(1200, true)]
    public void Many_close_waits_name_the_program_that_forgot_them(int count, bool warns)
    {
        var machine = new MachineBuilder { Ephemeral = null }.Process(77, "leaky").Listen("0.0.0.0:80", 77);
        for (var i = 0; i < count; i++)
        {
            machine.Connection(
                "192.0.2.1:80", string.Create(CultureInfo.InvariantCulture, $"203.0.113.5:{1024 + i}"), state: SocketState.CloseWait,
                pids: 77);
        }

        var expected = warns
            ? new[] { "1,200 connections of leaky (77) are in CLOSE-WAIT: their peers have closed them, but the program has not" }
            : [];
        Assert.Equal(expected, PortChart.Build(machine.Facts).Warnings.Select(w => w.Text));
    }
}
