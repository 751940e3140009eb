using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;

namespace Portolan.Tests.Lab.Truth;

public sealed class TruthTableTests
{
    [Fact]
    public void Each_host_is_a_line_with_its_ports_by_state_the_rarest_first()
    {
        var table = Table("scan-me");

        Assert.Contains(
            "seen from 198.18.1.2\n\nhost        address      states\nopen        198.18.0.1   open 7,13,19,80,443; 1,000 closed\n", table,
            StringComparison.Ordinal);
        Assert.Contains("\nslow        198.18.0.10  open 80; 1,004 varies\n", table, StringComparison.Ordinal);
        Assert.Contains("\ndatagrams   198.18.0.11  open|filtered 9,161; open 7,13,53; 999 closed\n", table, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_of_hosts_that_are_alike_is_one_line() =>
        Assert.Contains(
            "\nstudent-1 to student-65533  198.19.0.2-198.19.255.254  open 80\n", Table("campus", PortSet.Parse("80")),
            StringComparison.Ordinal);

    [Fact]
    public void A_protocol_without_ports_has_no_table()
    {
        var table = Table("office", PortSet.Parse("80"), new PortSet());

        Assert.StartsWith("the truth of 1 TCP port, seen from 198.18.0.254", table, StringComparison.Ordinal);
        Assert.DoesNotContain("UDP", table, StringComparison.Ordinal);
    }

    private static string Table(string name, PortSet? tcp = null, PortSet? udp = null)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        TruthTable.Write(LabLibrary.Load(name), writer, new TruthOptions
        {
            TcpPorts = tcp,
            UdpPorts = udp,
            Arguments = ["portolan"],
            Version = "0",
            Time = DateTimeOffset.UnixEpoch,
        });
        return writer.ToString();
    }
}
