using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>The changelog is read from top to bottom: no entry stands there twice.</summary>
public sealed class ChangelogTests
{
    /// <summary>A rebase that keeps both sides leaves two entries that begin alike.</summary>
    private const int Beginning = 48;

    [Fact]
    public void No_entry_is_there_twice()
    {
        var entries = File.ReadLines(Repository.PathOf("CHANGELOG.md"))
            .Where(static l => l.StartsWith("- ", StringComparison.Ordinal)).ToList();
        Assert.True(entries.Count > 100, $"only {entries.Count} entries were found");
        var twice = entries.GroupBy(static e => e[..Math.Min(e.Length, Beginning)])
            .Where(static g => g.Count() > 1).Select(static g => g.Key);
        Assert.Equal([], twice);
    }
}
