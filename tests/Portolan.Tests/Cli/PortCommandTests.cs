using System.Text.Json;
using Portolan.Cli.Lookup;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary><c>portolan port</c>, asked of the built-in registry.</summary>
public sealed class PortCommandTests
{
    [Fact]
    public void On_a_terminal_lines_are_broken()
    {
        var console = new TestConsole
        {
            Settings = MachineBuilder.Settings,
            Sockets = new FixedSockets(new MachineBuilder().Snapshot),
            OutputIsTerminal = true,
            OutputWidth = 60,
        };

        Assert.Equal(0, console.Run("port", "443", "--color", "never"));

        Assert.All(console.Output.Split('\n'), static line => Assert.True(line.Length <= 60, line));
    }

    [Fact]
    public void One_port_is_shown_with_every_protocol_its_category_and_this_hosts_range()
    {
        var machine = new MachineBuilder()
            .Connection("10.0.0.1:40000", "10.0.0.2:443")
            .Connection("10.0.0.1:40000", "10.0.0.3:443")
            .Add(SocketProtocol.Udp, SocketState.Unconnected, "0.0.0.0:50000", null, [])
            .Add(SocketProtocol.Tcp, SocketState.Listen, "0.0.0.0:80", null, []);
        var console = new TestConsole { Settings = MachineBuilder.Settings, Sockets = new FixedSockets(machine.Snapshot) };

        Assert.Equal(0, console.Run("port", "443", "-v"));

        Assert.Equal(
            """
            not in use on this host

            443/tcp, 443/udp https
              description  http protocol over TLS/SSL
              status       assigned
              reference    RFC9110

            443/sctp https
              description  HTTPS
              status       assigned
              reference    RFC9260

              category     System, 0-1023 (well-known)
              this host    port 443 lies outside the ephemeral range 32768-60999
                           in use now, of the 28,232 ports in that range: 1 for TCP, 1 for UDP

            """,
            console.Output);
        Assert.Equal("", console.Error);
    }

    [Fact]
    public void Who_holds_a_port_here_stands_before_what_it_is_registered_for()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "nginx", user: 0).Listen("0.0.0.0:443", 10));

        Assert.Equal(0, machine.Run("port", "443"));

        Assert.StartsWith(
            "443/tcp is held here by nginx 10 0 /srv/app (https)\n\n443/tcp, 443/udp https\n", machine.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n  category     System, 0-1023 (well-known)\n", machine.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("this host", machine.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("443", "443/tcp https", "443/udp https", "443/sctp https")]
    [InlineData("443/tcp", "443/tcp https")]
    [InlineData("443/UDP", "443/udp https")]
    [InlineData(":443/tcp", "443/tcp https")]
    [InlineData("443/udplite", "443/udp https")]
    [InlineData("https", "443/tcp https", "443/udp https", "443/sctp https")]
    [InlineData("HTTPS/udp", "443/udp https")]
    [InlineData("www-http", "80/tcp http", "80/udp http")]
    [InlineData("22,80/tcp", "22/tcp ssh", "80/tcp http")]
    [InlineData("22/udp,80,443/tcp", "22/udp ssh", "80/tcp http", "443/tcp https")]
    [InlineData("22, 80/tcp,", "22/tcp ssh", "80/tcp http")]
    [InlineData("6000/tcp", "6000-6063/tcp x11")]
    [InlineData(
        "6050-6070/tcp", "6000-6063/tcp x11", "6064/tcp ndl-ahp-svc", "6065/tcp winpharaoh", "6066/tcp ewctsp", "6068/tcp gsmp-ancp",
        "6069/tcp trip", "6070/tcp messageasap")]
    [InlineData("postgresq*", "5432/tcp postgresql", "5432/udp postgresql")]
    [InlineData("cl/1", "172/tcp cl-1", "172/udp cl-1")]
    [InlineData("0/tcp", "0/tcp -")]
    [InlineData("24/tcp", "24/tcp -")]
    public void A_word_is_a_port_a_range_a_list_a_name_or_its_beginning(string word, params string[] expected)
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", word, "--json"));
        Assert.Equal(expected, Entries(console).Select(Line));
    }

    [Fact]
    public void Several_words_are_a_table_without_repetitions()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", "ssh/tcp", "https", "443/tcp", "8080/tcp"));
        Assert.Equal(
            """
            PORT  PROTOCOL  NAME      STATUS    CATEGORY  DESCRIPTION
            22    tcp       ssh       assigned  System    The Secure Shell (SSH) Protocol
            443   tcp,udp   https     assigned  System    http protocol over TLS/SSL
            443   sctp      https     assigned  System    HTTPS
            8080  tcp       http-alt  assigned  User      HTTP Alternate (see port 80)

            """,
            console.Output);
    }

    [Fact]
    public void A_protocol_option_leaves_the_others_out()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", "-p", "sctp", "443", "22", "--json"));
        Assert.Equal(["443/sctp https", "22/sctp ssh"], Entries(console).Select(Line));
    }

    [Theory]
    [InlineData("mail", "25/tcp smtp")]
    [InlineData("secure shell", "22/tcp ssh")]
    [InlineData("RFC4251", "22/tcp ssh")]
    public void A_search_looks_into_names_descriptions_and_references(string text, string hit)
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", "--search", text, "--json"));
        Assert.Contains(hit, Entries(console).Select(Line));
    }

    [Fact]
    public void Words_beside_a_search_narrow_it()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", "--search", "secure", "shell", "-p", "tcp", "--json"));
        Assert.Equal(["22/tcp ssh"], Entries(console).Select(Line).Where(l => l.StartsWith("22/", StringComparison.Ordinal)));
        Assert.All(Entries(console), entry => Assert.Contains("tcp", entry.GetProperty("protocol").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Everyday_names_lead_to_those_that_the_registry_has()
    {
        var services = ServiceRegistry.BuiltIn;
        Assert.All(EverydayNames.All, name =>
        {
            Assert.Empty(services.FindByName(name.Everyday));
            Assert.NotEmpty(services.FindByName(name.Official));
        });
        var console = new TestConsole();
        Assert.Equal(1, console.Run("port", "DNS"));
        Assert.Equal("portolan: no service is called 'DNS'\nhint: IANA calls it domain: run portolan port domain\n", console.Error);
    }

    [Theory]
    [InlineData("no service is called 'htps'\nhint: did you mean https?\n", "htps")]
    [InlineData("no service is called 'ssh' for dccp\nhint: ssh is 22/tcp, 22/udp, 22/sctp\n", "ssh/dccp")]
    [InlineData("no service name starts with 'qqqq'\nhint: run portolan port --search qqqq", "qqqq*")]
    [InlineData("IANA assigns no port of 50000-50100\nhint: ports from 49152 are Dynamic", "50000-50100")]
    [InlineData("no registry entry contains 'htps'\nhint: did you mean https?\n", "--search", "htps")]
    [InlineData("no service is called '\\x1b[31m'\n", "\u001b[31m")]
    public void What_matches_nothing_exits_1_with_the_nearest_name(string error, params string[] words)
    {
        var console = new TestConsole();
        Assert.Equal(1, console.Run(["port", .. words]));
        Assert.StartsWith($"portolan: {error}", console.Error, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    [Fact]
    public void An_unassigned_port_is_shown_as_such_and_exits_1()
    {
        var console = new TestConsole { Settings = MachineBuilder.Settings, Sockets = new FixedSockets(new MachineBuilder().Snapshot) };
        Assert.Equal(1, console.Run("port", "50000", "--json"));
        Assert.Equal(["50000/tcp -", "50000/udp -"], Entries(console).Select(Line));
        Assert.All(
            Entries(console),
            e => Assert.Equal(("unassigned", "Dynamic"), (e.GetProperty("status").GetString(), e.GetProperty("category").GetString())));

        console = new TestConsole { Settings = MachineBuilder.Settings, Sockets = new FixedSockets(new MachineBuilder().Snapshot) };
        Assert.Equal(1, console.Run("port", "50000", "-v"));
        Assert.Contains("50000/tcp, 50000/udp\n  status       unassigned\n", console.Output, StringComparison.Ordinal);
        Assert.Contains("port 50000 lies inside the ephemeral range 32768-60999", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_word_that_matches_nothing_does_not_hide_the_others()
    {
        var console = new TestConsole();
        Assert.Equal(1, console.Run("port", "ssh/tcp", "htps", "--json"));
        Assert.Equal(["22/tcp ssh"], Entries(console).Select(Line));
        Assert.Contains("did you mean https?", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("70000 is not a port: a port is a 16-bit number, 0 to 65535", "70000")]
    [InlineData("70000 is not a port: a port is a 16-bit number, 0 to 65535\n  22,70000/tcp\n     ^^^^^\n", "22,70000/tcp")]
    [InlineData("ports end at 65535\n  80-70000\n     ^^^^^\n", "80-70000")]
    [InlineData("the range runs backwards: did you mean 80-90?", "90-80")]
    [InlineData("a port or name is missing here\n  22,,80\n     ^\n", "22,,80")]
    [InlineData("a port or name is missing here", "")]
    [InlineData("a port or name is missing here", "/tcp")]
    [InlineData("'tpc' is not a protocol with ports; did you mean tcp?", "443/tpc")]
    [InlineData("'' is not a protocol with ports", "443/")]
    [InlineData("'icmp' is not a protocol with ports", "443", "--protocol", "icmp")]
    [InlineData("/udp and --protocol tcp exclude each other", "443/udp", "-p", "tcp")]
    [InlineData("a * is only allowed at the end", "p*st")]
    [InlineData("a * needs a name prefix before it", "*")]
    [InlineData("--search needs a word", "--search", " ")]
    [InlineData("--protocol needs a WORD or --search", "-p", "tcp")]
    [InlineData("--update FILE stands alone", "443", "--update", "x.csv")]
    [InlineData("--forget stands alone", "443", "--forget")]
    [InlineData("--update reads a file, not standard input", "--update", "-")]
    public void A_wrong_word_explains_itself_and_exits_2(string error, params string[] words)
    {
        var console = new TestConsole();
        Assert.Equal(2, console.Run(["port", .. words]));
        Assert.StartsWith($"portolan: {error}", console.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", console.Error, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void No_word_is_answered_with_anything_but_entries_or_a_usage_error() => Fuzz.Run(3000, static (random, _) =>
    {
        const string letters = "0123456789999,,--//*  tcpudhs+_.\u202e\u001b\ud800é";
        var word = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)]));
        try
        {
            var queries = new PortQueryParser(ServiceRegistry.BuiltIn, only: null).Parse(word).ToList();
            var answer = RegistryAnswer.To(queries, ServiceRegistry.BuiltIn);
            Assert.All(answer.Misses, miss => Assert.Contains(miss, queries));
        }
        catch (PortolanException exception)
        {
            Assert.Equal(ExitCode.Usage, exception.ExitCode);
            Assert.NotNull(exception.Hint);
        }
    });

    [Theory]
    [InlineData("443")]
    [InlineData("8000-8100")]
    [InlineData("0-65535")]
    [InlineData("nonsense-name")]
    [InlineData("--search", "mail")]
    [InlineData]
    public void Every_document_follows_the_schema(params string[] words)
    {
        var console = new TestConsole { Settings = MachineBuilder.Settings, Sockets = new FixedSockets(new MachineBuilder().Snapshot) };
        Assert.InRange(console.Run(["port", .. words, "--json"]), 0, 1);
        var document = JsonSchema.AssertValid(console.Output);
        Assert.True(document.GetProperty("registry").GetProperty("builtIn").GetBoolean());
        Assert.Equal(words.Length == 0, document.GetProperty("summary").ValueKind == JsonValueKind.Object);
        Assert.Equal(words is [] or ["443"], document.GetProperty("ephemeralRange").ValueKind == JsonValueKind.Object);
    }

    [Fact]
    public void Without_a_word_the_registry_and_this_hosts_range_are_shown_in_figures()
    {
        var console = new TestConsole
        {
            Settings = MachineBuilder.Settings,
            Sockets = new FixedSockets(new MachineBuilder().Connection("10.0.0.1:40000", "10.0.0.2:443").Snapshot),
        };
        Assert.Equal(0, console.Run("port"));
        Assert.StartsWith("IANA service registry as of 2", console.Output, StringComparison.Ordinal);
        Assert.Contains(
            "this host's ephemeral range is 32768-60999; in use now, of the 28,232 ports in that range: 1 for TCP, 0 for UDP",
            console.Output, StringComparison.Ordinal);
        Assert.Contains("Dynamic   49152-65535  tcp              0         0      16,384", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_add_up_to_the_entries()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("port", "--json"));
        var counts = JsonSchema.AssertValid(console.Output).GetProperty("summary").GetProperty("counts").EnumerateArray()
            .Where(c => c.GetProperty("category").GetString() == "System" && c.GetProperty("protocol").GetString() == "tcp")
            .Select(c => c.GetProperty("assigned").GetInt32()).Single();

        console = new TestConsole();
        Assert.Equal(0, console.Run("port", "0-1023", "-p", "tcp", "--json"));
        var ports = Entries(console).Where(e => e.GetProperty("status").GetString() == "assigned")
            .SelectMany(
                e => Enumerable.Range(
                    e.GetProperty("port").GetInt32(), e.GetProperty("endPort").GetInt32() - e.GetProperty("port").GetInt32() + 1))
            .Distinct().Count();
        Assert.Equal(ports, counts);
    }

    [Theory]
    [InlineData("https", "[suggest:1]", "port", "htt")]
    [InlineData("www-http", "[suggest:1]", "port", "www-h")]
    [InlineData("sctp", "[suggest:2]", "port", "--protocol", "s")]
    public void Shells_are_offered_service_names(string expected, params string[] args)
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run(args));
        Assert.Contains($"{expected}\t", console.Output, StringComparison.Ordinal);
    }

    private static List<JsonElement> Entries(TestConsole console) =>
        [.. JsonSchema.AssertValid(console.Output).GetProperty("entries").EnumerateArray()];

    private static string Line(JsonElement entry)
    {
        var (port, end) = (entry.GetProperty("port").GetInt32(), entry.GetProperty("endPort").GetInt32());
        var name = entry.GetProperty("name");
        return $"{(port == end ? $"{port}" : $"{port}-{end}")}/{entry.GetProperty("protocol").GetString()} "
            + $"{(name.ValueKind == JsonValueKind.Null ? "-" : name.GetString())}";
    }

    [Fact]
    public void Beside_one_port_a_crowd_of_sockets_is_not_read()
    {
        // Without sockets of its own a console fails when they are read; those of the port itself are always looked for.
        var text = new TestConsole
        {
            Settings = MachineBuilder.Settings,
            SocketCount = 100_000,
            Sockets = new FixedSockets(new MachineBuilder().Snapshot),
        };
        var json = new TestConsole { Settings = MachineBuilder.Settings, SocketCount = 100_000 };

        Assert.Equal((0, 0), (text.Run("port", "443", "-v"), json.Run("port", "443", "--json")));

        Assert.EndsWith(
            "its usage is not counted here, because there are 100,000 sockets: run portolan port\n",
            text.Output.TrimEnd('\n') + "\n", StringComparison.Ordinal);
        Assert.Equal(
            System.Text.Json.JsonValueKind.Null,
            JsonSchema.AssertValid(json.Output).GetProperty("ephemeralRange").GetProperty("tcpInUse").ValueKind);
    }

    [Fact]
    public void The_figures_of_the_range_alone_are_always_counted()
    {
        var console = new TestConsole
        {
            Settings = MachineBuilder.Settings,
            SocketCount = 100_000,
            Sockets = new FixedSockets(new MachineBuilder().Snapshot),
        };

        Assert.Equal(0, console.Run("port"));

        Assert.Contains("0 for TCP, 0 for UDP", console.Output, StringComparison.Ordinal);
    }

    private sealed class FixedSockets(SocketSnapshot snapshot) : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken) => snapshot;
    }
}
