using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>What a stranger's clone must not contain.</summary>
public sealed partial class CheckoutTests
{
    private static readonly string[] TextEndings = [
        ".cs", ".csproj", ".props", ".json", ".md", ".slnx", ".sh", ".txt", ".xml", ".yml", ".py", ".csv", ""];

    [Fact]
    public void No_file_names_a_package_registry() => AssertNowhere(Registry(), "the address of a package registry");

    [Fact]
    public void No_file_names_a_folder_of_one_machine() => AssertNowhere(MachineFolder(), "a path that exists on one machine only");

    [Fact]
    public void Sources_have_plain_names_so_that_the_freshness_check_of_portolan_can_quote_them() => Assert.All(
        Repository.Files().Where(f => f.StartsWith("src/", StringComparison.Ordinal) || f.StartsWith("data/", StringComparison.Ordinal)),
        file => Assert.Matches("^[A-Za-z0-9_./-]+$", file));

    [Fact]
    public void Locked_restores_are_possible_for_every_project() => Assert.All(
        Repository.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)),
        project =>
            Assert.True(File.Exists(Path.Combine(Repository.PathOf(project), "..", "packages.lock.json")), $"{project} has no lock file"));

    [GeneratedRegex(
        "https?://[^\\s\"]*/v3/index\\.json|\"resolved\": \"https?:|https?://([a-z]+\\.)?nuget\\.org|registry\\.npmjs\\.org",
        RegexOptions.IgnoreCase)]
    private static partial Regex Registry();

    [GeneratedRegex("(?<![A-Za-z0-9._-])/(root|work|Users)/")]
    private static partial Regex MachineFolder();

    private static void AssertNowhere(Regex pattern, string what)
    {
        foreach (var file in Repository.Files().Where(
            f => TextEndings.Contains(Path.GetExtension(f), StringComparer.Ordinal)
                && !f.EndsWith(nameof(CheckoutTests) + ".cs", StringComparison.Ordinal)))
        {
            var match = pattern.Match(File.ReadAllText(Repository.PathOf(file)));
            Assert.False(match.Success, $"{file} has {what}: {match.Value}");
        }
    }
}
