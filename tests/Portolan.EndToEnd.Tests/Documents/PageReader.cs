using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>
/// A reader of a page about the packages, who takes every block as written, in a folder beside the checkout: commands are run, a program
/// becomes <c>Program.cs</c>, and <c>dotnet run</c> shows what the page shows. Each command has a network namespace of its own without a
/// way out, with an interface eth0.
/// </summary>
internal sealed class PageReader : IDisposable
{
    /// <summary>The line that packs, which the fixture of the tests has run.</summary>
    private const string Pack = "portolan/scripts/pack-libraries";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _environment;
    private string _current;
    private bool _hasProgram;

    public PageReader(string dotnet)
    {
        _current = _folder.Path;
        Directory.CreateSymbolicLink(_folder["portolan"], Repository.Root);

        // Nothing stays in the folder of packages of the person who runs the tests.
        _environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = $"{Path.GetDirectoryName(dotnet)}:{Environment.GetEnvironmentVariable("PATH")}",
            ["NUGET_PACKAGES"] = _folder["packages"],
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["DOTNET_NOLOGO"] = "1",
            ["MSBUILDDISABLENODEREUSE"] = "1",

            // The audit of packages asks a registry, and there is no network.
            ["NuGetAudit"] = "false",
        };
    }

    /// <summary>Takes the blocks of a page, one after the other.</summary>
    /// <param name="page">The page.</param>
    /// <param name="packages">The packages of a page that does not say how they are taken.</param>
    public void Follow(string page, IReadOnlyList<string> packages)
    {
        var blocks = DocumentExample.Blocks(page).Where(static b => b.NotRun is null).ToList();
        if (packages.Count > 0 && blocks.Count > 0)
        {
            MakeProject(packages);
        }

        foreach (var block in blocks)
        {
            switch (block.Language)
            {
                case "sh":
                    Shell(string.Join('\n', block.Lines.Where(static l => l != Pack)));
                    break;
                case "csharp":
                    Assert.False(_hasProgram, $"{page}: a program before '{block.Lines[0]}' is not followed by dotnet run and its output");
                    File.WriteAllLines(Path.Combine(_current, "Program.cs"), block.Lines);
                    _hasProgram = true;
                    break;
                case "console":
                    RunExamples(page, block.Lines);
                    break;
                default:
                    Assert.Fail($"{page}: no way to run a block of '{block.Language}': {block.Lines[0]}");
                    break;
            }
        }

        Assert.False(_hasProgram, $"{page}: the last program is not followed by dotnet run and its output");
    }

    /// <summary>Compiles a program of one's own.</summary>
    public void Compile(string program, IReadOnlyList<string> packages)
    {
        MakeProject(packages);
        File.WriteAllText(Path.Combine(_current, "Program.cs"), program);
        Shell("dotnet build");
    }

    public void Dispose() => _folder.Dispose();

    private void MakeProject(IReadOnlyList<string> packages)
    {
        _current = Directory.CreateDirectory(_folder["own"]).FullName;
        File.WriteAllText(Path.Combine(_current, "own.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <RestoreSources>../portolan/artifacts/feed</RestoreSources>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(packages.Select(static p => $"<PackageReference Include=\"{p}\" Version=\"*-*\" />"))}
              </ItemGroup>
            </Project>
            """);
    }

    /// <summary>Programs of the page; other commands are those of <see cref="DocumentExampleTests"/>.</summary>
    private void RunExamples(string page, IReadOnlyList<string> lines)
    {
        if (lines[0] != "$ dotnet run")
        {
            return;
        }

        Assert.True(_hasProgram, $"{page}: dotnet run without a program before it");
        _hasProgram = false;
        var output = Shell("dotnet run");
        Assert.True(
            new DocumentExample(page, "dotnet run", [.. lines.Skip(1)]).IsShownBy(output),
            $"{page} shows\n{string.Join('\n', lines.Skip(1))}\n\nand there came\n{output}");
    }

    /// <summary>Runs commands in the current folder, which they may change; gives what they print.</summary>
    private string Shell(string commands)
    {
        var folder = _folder["current"];
        var output = Programs.Run(
            "/usr/bin/unshare",
            [
                "--map-root-user", "--net", "/bin/sh", "-ec",
                $"ip link add eth0 type veth peer name eth1\nip link set eth0 up\n{commands}\npwd >'{folder}'",
            ],
            folder: _current,
            environment: _environment).Expect(0).Output;
        _current = File.ReadAllText(folder).TrimEnd();
        return output;
    }
}
