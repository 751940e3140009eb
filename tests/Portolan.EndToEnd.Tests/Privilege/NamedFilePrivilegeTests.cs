using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Privilege;

/// <summary>What a person names is opened with that person's permissions, whatever capabilities the program's file grants.</summary>
public sealed class NamedFilePrivilegeTests(GrantedProgram program) : IClassFixture<GrantedProgram>, IDisposable
{
    /// <summary>Reads as a target, a rule, a path, a document: if any of it is printed, the word is.</summary>
    private const string Secret = "verysecretword";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var (_, _, words) in Portolan.Tests.PathOptions.All)
            {
                rows.Add("=p", words);
                rows.Add("=ep", words);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_file_of_roots_is_refused_and_nothing_of_it_is_printed(string how, string words)
    {
        var file = OfRoot("file");

        // What makes files of its own, or refuses one that is there, gets a folder that only root may enter.
        var isNew = words.Contains("-oA", StringComparison.Ordinal) || words.Contains("--journal", StringComparison.Ordinal)
            || words.StartsWith("generate", StringComparison.Ordinal);
        var path = isNew ? _folder["shut", "new"]
            : words.Contains("--fingerprints", StringComparison.Ordinal) ? _folder["shut"] : file;
        var before = File.ReadAllText(file);
        var result = program.Run(GrantedProgram.Everything + how, Regex.Replace(words, "@(?= |$)", path).Split(' '));
        Assert.True(result.ExitCode is 2 or 3 or 4, $"exit code {result.ExitCode}\n{result.Output}\n{result.Error}");
        Assert.DoesNotContain(Secret, result.Output + result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, File.ReadAllText(file));
        Assert.Equal(["inside"], Directory.GetFiles(_folder["shut"]).Select(Path.GetFileName));
        var isServers = words.StartsWith("lab", StringComparison.Ordinal) || words.StartsWith("serve", StringComparison.Ordinal);
        if (!isServers && !words.StartsWith("forward unix:", StringComparison.Ordinal))
        {
            Assert.Contains("permission denied: no ", result.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("=p")]
    [InlineData("=ep")]
    public void The_refusal_names_the_permission_that_is_missing(string how)
    {
        Assert.StartsWith(
            $"portolan: -iL: cannot read {OfRoot("file")}: permission denied: no read permission\n", List(how, _folder["file"]),
            StringComparison.Ordinal);
        Assert.StartsWith(
            $"portolan: -iL: cannot read {_folder["shut", "inside"]}: permission denied: no search permission on the folder "
                + $"{_folder["shut"]}\n",
            List(how, _folder["shut", "inside"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=p")]
    [InlineData("=ep")]
    public void A_hint_names_no_file_of_a_folder_that_the_caller_may_not_list(string how)
    {
        OfRoot("file");

        // To search it is allowed, to list it is not.
        File.SetUnixFileMode(_folder["shut"], (UnixFileMode)0b111_001_001);
        Assert.DoesNotContain(
            "inside", List(how, _folder["shut", "inside2"]).Replace("inside2", "", StringComparison.Ordinal), StringComparison.Ordinal);

        // Where it is allowed the hint is there.
        File.SetUnixFileMode(_folder["shut"], (UnixFileMode)0b111_101_101);
        Assert.Contains($"did you mean {_folder["shut", "inside"]}?", List(how, _folder["shut", "inside2"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=p")]
    [InlineData("=ep")]
    public void A_file_that_a_file_of_rules_includes_is_not_printed(string how)
    {
        var file = OfRoot("file");
        var rules = _folder["rules.nft"];
        File.WriteAllText(rules, $"include \"{file}\"\ninclude \"{_folder["shut"]}/*\"\ntable inet t {{ chain c {{ }} }}\n");
        var result = program.Run(GrantedProgram.Everything + how, "explain", "80", "--rules", rules);
        Assert.DoesNotContain(Secret, result.Output + result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("=p", "HOME")]
    [InlineData("=ep", "HOME")]
    [InlineData("=p", "XDG_DATA_HOME")]
    [InlineData("=ep", "XDG_STATE_HOME")]
    [InlineData("=ep", "XDG_DATA_HOME")]
    [InlineData("=p", "XDG_STATE_HOME")]
    [InlineData("=ep", "TERMINFO")]
    [InlineData("=ep", "TZDIR")]
    [InlineData("=ep", "PORTOLAN_LAB")]
    public void Paths_of_the_environment_are_the_callers_too(string how, string name)
    {
        OfRoot("file");
        foreach (var below in new[] { "portolan", ".local/share/portolan", ".local/state/portolan", "x" })
        {
            var folder = Directory.CreateDirectory(_folder["shut", below]).FullName;
            File.WriteAllText(Path.Combine(folder, "registry.bin"), Secret);
            File.WriteAllText(Path.Combine(folder, "verysecretword.journal"), Secret);
        }

        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HOME"] = "/nonexistent",
            ["XDG_DATA_HOME"] = null,
            ["XDG_STATE_HOME"] = null,
            [name] = _folder["shut"],
            ["TERM"] = "xterm",
        };
        foreach (var words in new[] { "port 80", "scan --resume", "list --lab", "list --color always" })
        {
            var result = program.Run(GrantedProgram.Everything + how, environment, words.Split(' '));
            Assert.DoesNotContain(Secret, result.Output + result.Error, StringComparison.OrdinalIgnoreCase);

            // What is there would be told otherwise than what may not be looked at.
            Assert.DoesNotContain("bytes long", result.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("is not the journal", result.Error, StringComparison.Ordinal);
        }

        Directory.Delete(_folder["shut", "portolan"], recursive: true);
    }

    [Theory]
    [InlineData("DOTNET_OPENSSL_VERSION_OVERRIDE", "x/evil")]
    [InlineData("DOTNET_GCName", "evil.so")]
    [InlineData("DOTNET_GCPath", "@/evil.so")]
    public void A_variable_of_the_runtime_loads_no_code_into_the_program(string name, string value)
    {
        var compiler = Programs.Find("gcc", "/usr/bin/gcc");
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_111_111);
        var source = _folder["evil.c"];
        File.WriteAllText(source, "#include <unistd.h>\n__attribute__((constructor)) static void f(void) { write(2, \"LOADED\", 6); }\n");
        var folder = Directory.CreateDirectory(_folder["libssl.so.x"]).FullName;
        Programs.Run(compiler, ["-shared", "-fPIC", "-o", Path.Combine(folder, "evil"), source]).Expect(0);
        File.Copy(Path.Combine(folder, "evil"), _folder["evil.so"]);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        var environment = new Dictionary<string, string?>
        {
            [name] = value.Replace("@", _folder.Path, StringComparison.Ordinal),
            ["HOME"] = "/nonexistent",
        };
        var words = program.CommandLine(GrantedProgram.Everything + "=p", "check", "https://127.0.0.1:1", "--timeout", "1");
        var result = Programs.Run(words[0], words[1..], folder: _folder.Path, environment: environment);
        Assert.DoesNotContain("LOADED", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string List(string how, string path) => program.Run(GrantedProgram.Everything + how, "scan", "-sL", "-n", "-iL", path).Error;

    /// <summary>A file that only root may read, beside a folder that only root may enter.</summary>
    private string OfRoot(string name)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root has files that others may not read");
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(_folder["shut"], (UnixFileMode)0b111_000_000);
        foreach (var file in new[] { _folder[name], _folder["shut", "inside"] })
        {
            File.WriteAllText(file, $"{Secret}\n{Secret}.example\n");
            File.SetUnixFileMode(file, (UnixFileMode)0b110_000_000);
        }

        return _folder[name];
    }
}
