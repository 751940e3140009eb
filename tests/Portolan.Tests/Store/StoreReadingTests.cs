using Microsoft.Data.Sqlite;
using Portolan.Model;
using Portolan.Store;
using Portolan.Tests.Support;

namespace Portolan.Tests.Store;

/// <summary>A question reads a store and writes nothing, neither to the file nor beside it.</summary>
public sealed class StoreReadingTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 1, 2, 3, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["a?b %41#", "history.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_question_leaves_no_file_beside_the_store()
    {
        Add("one");
        using var store = HistoryStore.OpenForReading(Path);
        Assert.Equal(1, Count(store));
        Assert.Null(store.Gap);
        Assert.Equal([Path], Directory.GetFiles(_folder["a?b %41#"]));
        Assert.Throws<PortolanException>(() => store.Connection.Run("DELETE FROM content"));
    }

    [Fact]
    public void A_question_sees_what_a_writer_adds_meanwhile()
    {
        Add("one");
        using var store = HistoryStore.OpenForReading(Path);
        Assert.Equal(1, Count(store));
        Add("two");
        Assert.Equal(2, Count(store));
        using var writer = Open();
        writer.Begin();
        writer.Contents.IdOf("three");
        writer.Commit();
        Assert.Equal(3, Count(store));
    }

    [Fact]
    public void The_log_of_a_writer_that_was_killed_is_read_from_a_copy_and_left_as_it_is()
    {
        Add("one");
        var killed = _folder["killed.db"];
        using (var writer = Open())
        {
            writer.Begin();
            writer.Contents.IdOf("two");
            writer.Commit();
            File.Copy(Path, killed);
            File.Copy(Path + "-wal", killed + "-wal");
        }

        var (file, log) = (File.ReadAllBytes(killed), File.ReadAllBytes(killed + "-wal"));
        using (var store = HistoryStore.OpenForReading(killed))
        {
            Assert.Equal(2, Count(store));
            Assert.Null(store.Gap);
        }

        Assert.Equal(file, File.ReadAllBytes(killed));
        Assert.Equal(log, File.ReadAllBytes(killed + "-wal"));
        Assert.False(File.Exists(killed + "-shm"));
    }

    [Fact]
    public void An_older_store_is_brought_up_to_date_in_memory_alone()
    {
        Directory.CreateDirectory(_folder["a?b %41#"]);
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA application_id = 0x504f5254; CREATE TABLE t(a); DROP TABLE t";
            command.ExecuteNonQuery();
        }

        var before = File.ReadAllBytes(Path);
        using (var store = HistoryStore.OpenForReading(Path))
        {
            Assert.Equal(0, Count(store));
        }

        Assert.Equal(before, File.ReadAllBytes(Path));
        Open().Dispose();
        Assert.NotEqual(before, File.ReadAllBytes(Path));
    }

    private static long Count(HistoryStore store) => store.Connection.Number("SELECT count(*) FROM content");

    private HistoryStore Open() => HistoryStore.OpenForWriting(Path, Now, static _ => { });

    private void Add(string text)
    {
        using var store = Open();
        store.Begin();
        store.Contents.IdOf(text);
        store.Commit();
    }
}
