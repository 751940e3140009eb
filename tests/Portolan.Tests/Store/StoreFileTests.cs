using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Files;
using Portolan.Tests.Support;

namespace Portolan.Tests.Store;

/// <summary>How the file of a store is made, opened and refused.</summary>
public sealed class StoreFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 1, 2, 3, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notices = [];

    private string Path => _folder["deep/er/history.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    [SupportedOSPlatform("linux")]
    public void It_is_made_for_its_user_alone()
    {
        Open().Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["deep/er"]));
        Assert.Empty(_notices);
    }

    [Fact]
    public void One_that_is_not_there_is_not_made_to_be_read()
    {
        var error = Assert.Throws<PortolanException>(() => HistoryStore.OpenForReading(Path));
        Assert.Equal(ExitCode.NothingFound, error.ExitCode);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void A_newer_store_is_refused_and_left_as_it_is()
    {
        using (var store = Open())
        {
            store.Connection.Script("PRAGMA user_version = 99");
        }

        var before = File.ReadAllBytes(Path);
        foreach (var open in (Func<HistoryStore>[])[Open, () => HistoryStore.OpenForReading(Path)])
        {
            var error = Assert.Throws<PortolanException>(open);
            Assert.Contains("was written by a newer Portolan: schema 99; this version supports 2", error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.Hint);
        }

        Assert.Equal(before, File.ReadAllBytes(Path));
        Assert.Empty(_notices);
    }

    [Fact]
    public void A_database_of_another_program_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(_folder["deep/er"]);
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA application_id = 7; CREATE TABLE host(id INTEGER PRIMARY KEY)";
            command.ExecuteNonQuery();
        }

        var before = File.ReadAllBytes(Path);
        var error = Assert.Throws<PortolanException>(Open);
        Assert.Contains("another program", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_damaged_store_is_kept_beside_a_new_one()
    {
        Open().Dispose();
        var damaged = File.ReadAllBytes(Path);
        damaged.AsSpan(0, 100).Fill(0x55);
        File.WriteAllBytes(Path, damaged);
        var error = Assert.Throws<PortolanException>(() => HistoryStore.OpenForReading(Path));
        Assert.EndsWith("is damaged: its header is not a database header", error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"portolan --store={Path} ", error.Hint?.ToString(), StringComparison.Ordinal);
        using (var store = Open())
        {
            Assert.Equal(0, store.Looks.Count());
        }

        Assert.Equal(damaged, File.ReadAllBytes($"{Path}.damaged-20261120T010203Z"));
        Assert.Contains(".damaged-20261120T010203Z", Assert.Single(_notices), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_name_that_is_no_database_stays_where_it_is()
    {
        File.WriteAllText(_folder["notes.txt"], new string('x', 5000));
        var error = Assert.Throws<PortolanException>(() => HistoryStore.OpenForWriting(_folder["notes.txt"], Now, _notices.Add));
        Assert.EndsWith(
            "is not a store of Portolan: it is not a readable database", error.Message, StringComparison.Ordinal);
        Assert.Equal([_folder["notes.txt"]], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    [InlineData("/proc")]
    [InlineData("/proc/version")]
    public void What_is_no_file_is_no_store(string path)
    {
        Assert.NotNull(Assert.Throws<PortolanException>(() => HistoryStore.OpenForReading(path)).Message);
        Assert.NotNull(Assert.Throws<PortolanException>(() => HistoryStore.OpenForWriting(path, Now, _notices.Add)).Message);
        Assert.Empty(_notices);
    }

    [Fact]
    public void What_one_writer_rolled_back_is_not_remembered()
    {
        using var store = Open();
        store.Begin();
        var id = store.Contents.IdOf("a text");
        store.RollBack();
        Assert.Equal("", store.Contents.TextOf(id));
        store.Begin();
        Assert.Equal("a text", store.Contents.TextOf(store.Contents.IdOf("a text")));
        store.Commit();
    }

    [Fact]
    public void Long_text_is_packed_and_comes_back()
    {
        var text = string.Join(',', Enumerable.Range(0, 20_000));
        using var store = Open();
        store.Begin();
        var id = store.Contents.IdOf(text);
        store.Commit();
        using var again = HistoryStore.OpenForReading(Path);
        Assert.Equal(text, again.Contents.TextOf(id));
        Assert.InRange(again.Connection.Number("SELECT length(body) FROM content"), 1, text.Length - 1);
    }

    [Fact]
    public void Two_programs_take_turns()
    {
        using var a = Open();
        using var b = Open();
        for (var i = 0; i < 20; i++)
        {
            var writer = i % 2 == 0 ? a : b;
            writer.Begin();
            writer.Contents.IdOf($"text {i / 4}");
            writer.Commit();
        }

        Assert.Equal(5, a.Connection.Number("SELECT count(*) FROM content"));
        Assert.Null(StoreFile.Check(a.Connection));
    }

    private HistoryStore Open() => HistoryStore.OpenForWriting(Path, Now, _notices.Add);
}
