using System.Text.Json;
using Portolan.Sockets;
using Portolan.Tests.Model.Registry;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>The registry that a user keeps: taken, used everywhere, forgotten, and ignored when damaged.</summary>
public sealed class PortUpdateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("portolan-port-").FullName;

    private string Kept => Path.Combine(_directory, "data", "portolan", "registry.bin");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(IanaFiles.Csv)]
    [InlineData(IanaFiles.Xml)]
    public void A_sound_file_is_kept_and_used(string text)
    {
        var console = Console();
        Assert.Equal(0, console.Run("port", "--update", Write(text)));
        Assert.Matches("^[0-9]+ entries \\(a port or range with a protocol\\), as of 2025-02-13\nkept for this user in ", console.Output);
        Assert.Contains(Kept, console.Output, StringComparison.Ordinal);
        Assert.Contains("far fewer entries than the built-in registry", console.Error, StringComparison.Ordinal);

        var after = Console();
        Assert.Equal(0, after.Run("port", "epp", "--json"));
        var document = JsonSchema.AssertValid(after.Output);
        Assert.Equal(Kept, document.GetProperty("registry").GetProperty("path").GetString());
        Assert.Equal("2025-02-13", document.GetProperty("registry").GetProperty("asOf").GetString());
        Assert.Equal(1, Console().Run("port", "https"));
    }

    [Fact]
    public void An_update_has_a_document_too()
    {
        var console = Console();
        Assert.Equal(0, console.Run("port", "--update", Write(IanaFiles.Csv), "--json"));
        var document = JsonSchema.AssertValid(console.Output);
        Assert.False(document.GetProperty("registry").GetProperty("builtIn").GetBoolean());
        Assert.True(document.GetProperty("summary").GetProperty("entries").GetInt32() > 5);
    }

    [Fact]
    public void A_malformed_file_says_where_and_changes_nothing()
    {
        Assert.Equal(0, Console().Run("port", "--update", Write(IanaFiles.Csv)));
        var before = File.ReadAllBytes(Kept);

        var console = Console();
        Assert.Equal(3, console.Run("port", "--update", Write(IanaFiles.CsvWith("ssh,22x,tcp,Shell,,,,,,,,"))));
        Assert.Matches("^portolan: .*/iana, line 2, column 5: .*\nhint: nothing was changed", console.Error);
        Assert.Equal("", console.Output);
        Assert.Equal(before, File.ReadAllBytes(Kept));
    }

    [Theory]
    [InlineData("no-such-file", "cannot read no-such-file: the file does not exist")]
    [InlineData(".", ". is a directory")]
    public void A_file_that_is_none_is_refused(string name, string error)
    {
        var console = Console();
        Assert.Equal(3, console.Run("port", "--update", name));
        Assert.StartsWith($"portolan: {error}", console.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Kept));
    }

    [Fact]
    public void Without_a_home_there_is_no_place_to_keep_it()
    {
        var console = new TestConsole();
        Assert.Equal(3, console.Run("port", "--update", Write(IanaFiles.Csv)));
        Assert.Contains("neither XDG_DATA_HOME nor HOME", console.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Forgetting_brings_the_built_in_registry_back()
    {
        Assert.Equal(0, Console().Run("port", "--update", Write(IanaFiles.Csv)));
        var console = Console();
        Assert.Equal(0, console.Run("port", "--forget"));
        Assert.StartsWith($"removed {Kept}\nthe built-in registry of ", console.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Kept));
        Assert.Equal(0, Console().Run("port", "https"));

        console = Console();
        Assert.Equal(0, console.Run("port", "--forget", "--json"));
        Assert.True(JsonSchema.AssertValid(console.Output).GetProperty("registry").GetProperty("builtIn").GetBoolean());
    }

    [Fact]
    public void A_damaged_registry_is_said_once_and_ignored()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        File.WriteAllBytes(Kept, new byte[4096]);
        var console = Console();
        Assert.Equal(0, console.Run("port", "https", "22", "--json"));
        Assert.True(JsonSchema.AssertValid(console.Output).GetProperty("registry").GetProperty("builtIn").GetBoolean());
        Assert.Single(
            console.Error.Split('\n'), line => line.Contains("is ignored and the built-in registry used", StringComparison.Ordinal));

        Assert.Equal(0, Console().Run("port", "--forget"));
        Assert.False(File.Exists(Kept));
    }

    [Fact]
    public void Hostile_text_of_a_users_registry_does_not_reach_the_terminal()
    {
        const string hostile = "ssh,22,tcp,\"Shell \u202etxt.exe \u009b31m\",,,,2025-01-01,,,,";
        Assert.Equal(0, Console().Run("port", "--update", Write(IanaFiles.CsvWith(hostile))));
        foreach (var words in (string[][])[["22"], ["22", "23"], ["--search", "shell"]])
        {
            var console = Console();
            console.Run(["port", .. words]);
            Assert.Contains("Shell ", console.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(console.Output, c => c is '\u202e' or '\u009b');
        }

        var json = Console();
        Assert.Equal(0, json.Run("port", "22/tcp", "--json"));
        Assert.DoesNotContain(json.Output, c => c is '\u202e' or '\u009b');
        var description = JsonDocument.Parse(json.Output).RootElement.GetProperty("entries")[0].GetProperty("description").GetString()!;
        Assert.Contains('\u202e', description);
    }

    private string Write(string text)
    {
        var path = Path.Combine(_directory, "iana");
        File.WriteAllText(path, text);
        return path;
    }

    private TestConsole Console() => new()
    {
        Environment = { ["XDG_DATA_HOME"] = Path.Combine(_directory, "data") },
        Sockets = new NoSockets(),
    };

    private sealed class NoSockets : ISocketSource
    {
        public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken) => new MachineBuilder().Snapshot;
    }
}
