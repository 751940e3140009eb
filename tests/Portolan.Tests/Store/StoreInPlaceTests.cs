using System.Globalization;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Files;
using Portolan.Tests.Support;
using Portolan.Watch.Recording;

namespace Portolan.Tests.Store;

/// <summary>Pruning without a log, as on a full disk.</summary>
public sealed class StoreInPlaceTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["history.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_old_goes_and_the_file_is_shorter_and_whole()
    {
        Fill();
        var before = new FileInfo(Path).Length;
        using (var store = HistoryStore.OpenInPlace(Path))
        {
            var result = Retention.Of(store).Prune(Now.AddHours(99));
            Assert.Equal(98, result.Looks);
            Assert.False(File.Exists($"{Path}-wal"));
            Assert.False(File.Exists($"{Path}-journal"));
        }

        Assert.True(new FileInfo(Path).Length < before, $"{before} → {new FileInfo(Path).Length}");
        using var again = Open();
        Assert.Null(StoreFile.Check(again.Connection));
        Assert.Equal(2, again.Looks.Count());
        Assert.Equal("wal", again.Connection.Read("PRAGMA journal_mode", [], static row => row.Text(0))[0]);
    }

    [Fact]
    [Trait("Quick", "no")]
    public void A_store_that_others_have_open_is_left_alone()
    {
        Fill();
        using var other = Open();
        other.Begin();
        var error = Assert.Throws<PortolanException>(() => HistoryStore.OpenInPlace(Path));
        Assert.Contains("is in use", error.Message, StringComparison.Ordinal);
        other.RollBack();
    }

    private HistoryStore Open() => HistoryStore.OpenForWriting(Path, Now, static _ => { });

    // A hundred looks at one host, each with a text of its own that does not pack.
    private void Fill()
    {
        var random = new Random(1);
        using var store = Open();
        store.Begin();
        var host = store.Hosts.Add("198.18.0.1", null, Now, store.Contents.IdOf("first"));
        for (var hour = 0; hour < 100; hour++)
        {
            var text = string.Concat(Enumerable.Range(0, 300).Select(_ => random.Next().ToString("x8", CultureInfo.InvariantCulture)));
            store.Looks.Add(host.Id, Now.AddHours(hour), 1, store.Contents.IdOf(text));
        }

        store.Commit();
    }
}
