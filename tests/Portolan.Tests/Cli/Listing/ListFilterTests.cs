using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>Filter first, then find owners.</summary>
public sealed class ListFilterTests
{
    [Fact]
    public void Owners_are_looked_for_only_among_the_sockets_the_entry_lets_through()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("-tanp", "sport", "=", ":22");
        Assert.Equal([1000u, 1003u], Assert.Single(bench.OwnerSearches));
        Assert.Equal(3, bench.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_filter_on_processes_looks_for_owners_without_being_told()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("-tanH", "process", "nginx", "--columns", "local");
        Assert.Equal("*:80\n", bench.Output);
        Assert.Single(bench.OwnerSearches);
    }

    [Fact]
    public void A_filter_on_entries_looks_for_no_owners()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        bench.Run("-tanH", "port", "443", "or", "dst", "198.51.100.0/24", "--columns", "remote");
        Assert.Equal("198.51.100.7:51234\n[2001:db8::2]:443\n", bench.Output);
        Assert.Empty(bench.OwnerSearches);
    }

    [Fact]
    public void What_hidden_owners_leave_open_is_counted()
    {
        using var bench =
            new ListBench(new MachineBuilder { HiddenProcesses = 1 }.Process(5, "mine").Listen("127.0.0.1:1", 5).Listen("127.0.0.1:2"));
        bench.Run("-tlnH", "process", "mine", "--columns", "localPort");
        Assert.Equal("1\n", bench.Output);
        Assert.Contains("whether 1 more socket matches the filter: ", bench.Error);
    }

    [Theory]
    [InlineData(":22", "0.0.0.0:22 192.0.2.10:22")]
    [InlineData("22,631", "0.0.0.0:22 192.0.2.10:22 [::1]:631")]
    [InlineData("20-80", "0.0.0.0:22 *:80 192.0.2.10:22 127.0.0.1:51000 127.0.0.53:53")]
    [InlineData("53/udp", "127.0.0.53:53")]
    [InlineData("127.0.0.53:53", "127.0.0.53:53")]
    [InlineData("[::1]:631", "[::1]:631")]
    [InlineData("nginx", "*:80")]
    [InlineData("ngi* 631", "*:80 [::1]:631")]
    [InlineData("ssh state listen", "0.0.0.0:22")]
    [InlineData("ssh and state listen", "0.0.0.0:22")]
    [InlineData(":22 (state established or src 127.0.0.1)", "192.0.2.10:22")]
    [InlineData("established", "192.0.2.10:22 [2001:db8::1]:40000")]
    public void Words_that_are_no_filter_choose_by_port_address_and_name(string words, string sockets)
    {
        using var bench = new ListBench(ListTableTests.Machine());
        Assert.Equal(0, bench.Run(["-tuanH", .. words.Split(' ', 2), "--columns", "local"]));
        Assert.Equal(sockets.Split(' ').Order(), bench.Output.TrimEnd('\n').Split('\n').Order());
    }

    [Theory]
    [InlineData("stat established")]
    [InlineData("prot 80")]
    [InlineData("usr root")]
    public void A_word_like_that_of_a_field_is_a_slip(string words)
    {
        using var bench = new ListBench(ListTableTests.Machine());
        Assert.Equal(2, bench.Run(words.Split(' ')));
        Assert.Contains("no field is named", bench.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_matches_is_a_complete_list()
    {
        using var bench = new ListBench(ListTableTests.Machine());
        Assert.Equal(0, bench.Run("-tan", "port", "9999"));
        Assert.Equal("PROTO STATE RECV-Q SEND-Q LOCAL REMOTE\n", bench.Output);
    }
}
