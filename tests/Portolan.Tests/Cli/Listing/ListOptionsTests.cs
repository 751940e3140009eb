using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Listing;

/// <summary>What another tool has and list has not is refused by name with what to run instead; contradictions are usage errors.</summary>
public sealed class ListOptionsTests
{
    [Theory]
    [InlineData("-K", "portolan stop")]
    [InlineData("--kill", "portolan stop")]
    [InlineData("-s", "run portolan;")]
    [InlineData("-E", "--watch")]
    [InlineData("-N", "--all-namespaces")]
    [InlineData("-Z", "ss -Z")]
    [InlineData("-z", "ss -Z")]
    [InlineData("-b", "ss -b")]
    [InlineData("-T", "use -p")]
    [InlineData("-D", "--json")]
    [InlineData("-F", "command line")]
    [InlineData("-B", "--bound state bound")]
    [InlineData("-V", "portolan version")]
    [InlineData("-g", "ip maddress")]
    [InlineData("-C", "ip route")]
    [InlineData("--vsock", "ss --vsock")]
    [InlineData("--tos", "ss --tos")]
    [InlineData("-tanK", "portolan stop")]
    public void An_option_of_ss_or_netstat_is_refused_with_its_remedy(string option, string remedy)
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal(2, bench.Run(option));
        Assert.Contains(option.Length > 2 && option[1] != '-' ? "'-K'" : $"'{option}'", bench.Error);
        Assert.Contains(remedy, bench.Error);
        Assert.Empty(bench.Queries);
    }

    [Theory]
    [InlineData("--json --csv", "exclude each other")]
    [InlineData("--netstat --csv", "exclude each other")]
    [InlineData("--json --columns local", "--columns cannot be combined with --json")]
    [InlineData("--columns nonsense", "no column 'nonsense'")]
    [InlineData("--columns stat", "did you mean state?")]
    [InlineData("--sort lokal", "did you mean local?")]
    [InlineData("--watch=fast", "--watch takes")]
    [InlineData("--count 3", "needs --watch")]
    [InlineData("--count 0 --watch", "1 or more")]
    [InlineData("-A tcpp", "does not know the socket table 'tcpp'")]
    [InlineData("-f netlink", "ss -A netlink")]
    [InlineData("--netstat -0", "no columns for packet")]
    [InlineData("--owners magic", "--owners must be")]
    [InlineData("stat established", "state")]
    [InlineData("sport = :70000", "^")]
    public void Bad_input_is_a_usage_error_before_anything_is_read(string words, string message)
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal(2, bench.Run(words.Split(' ')));
        Assert.Contains(message, bench.Error);
        Assert.Empty(bench.Queries);
    }

    [Theory]
    [InlineData("-tulpnHO")]
    [InlineData("-eei")]
    [InlineData("-nWv --netstat -t")]
    [InlineData("--tcp --udp --listening --numeric --processes --extended --memory --info --timers")]
    [InlineData("--inet --program --extend --numeric-hosts --numeric-ports --numeric-users -t")]
    [InlineData("-t -- state established")]
    [InlineData("-t ( sport = :22 or dport = :22 ) and not dst 10.0.0.0/8")]
    public void Habits_of_ss_and_netstat_are_accepted(string words)
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal((0, ""), (bench.Run(words.Split(' ')), bench.Error));
    }

    [Fact]
    public void Sorting_downwards_takes_its_column_as_the_next_word_too()
    {
        using var bench = new ListBench(new MachineBuilder().Listen("127.0.0.1:1").Listen("127.0.0.1:2"));
        Assert.Equal((0, ""), (bench.Run("-tlnH", "--columns", "localPort", "--sort", "-localPort"), bench.Error));
        Assert.Equal("2\n1\n", bench.Output);
    }

    [Fact]
    public void A_round_trip_that_was_never_measured_is_no_zero()
    {
        using var bench = new ListBench(new MachineBuilder().Connection("127.0.0.1:1", "127.0.0.1:2"));
        Assert.Equal(0, bench.Run("-t", "--csv", "--columns", "localPort,rtt"));
        Assert.Equal("localPort,rtt\r\n1,\r\n", bench.Output);
    }

    [Theory]
    [InlineData("--watch 0.1 state established")]
    [InlineData("state established --watch 0.1")]
    [InlineData("--watch=0.1 -- state established")]
    public void Watch_takes_its_seconds_as_the_next_word_too(string words)
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal((0, ""), (bench.Run(["-t", "--count", "2", .. words.Split(' ')]), bench.Error));
        Assert.Equal(2, bench.Queries.Count);
    }

    [Fact]
    public void Watch_without_seconds_leaves_the_next_word_to_the_filter()
    {
        using var bench = new ListBench(new MachineBuilder());
        Assert.Equal((0, ""), (bench.Run("-t", "--count", "1", "--watch", "state", "established"), bench.Error));
    }
}
