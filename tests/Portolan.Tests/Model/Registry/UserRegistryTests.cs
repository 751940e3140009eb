using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Tests.Model.Registry;

public sealed class UserRegistryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("portolan-registry-").FullName;

    private string FilePath => Path.Combine(_directory, "data", "portolan", "registry.bin");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("/data", "/home/a", "/data/portolan/registry.bin")]
    [InlineData(null, "/home/a", "/home/a/.local/share/portolan/registry.bin")]
    [InlineData("", "/home/a", "/home/a/.local/share/portolan/registry.bin")]
    [InlineData("relative", "/home/a", "/home/a/.local/share/portolan/registry.bin")]
    [InlineData(null, null, null)]
    [InlineData(null, "", null)]
    public void The_file_is_where_the_XDG_specification_says(string? dataHome, string? home, string? path)
        => Assert.Equal(path, UserRegistry.PathFor(dataHome, home));

    [Theory]
    [InlineData(IanaFiles.Csv)]
    [InlineData(IanaFiles.Xml)]
    public void An_update_replaces_the_built_in_registry_for_this_user(string file)
    {
        Assert.True(UserRegistry.Load(FilePath, out var problem).IsBuiltIn);
        Assert.Null(problem);

        var updated = Update(file);
        var loaded = UserRegistry.Load(FilePath, out problem);
        Assert.Null(problem);
        Assert.False(loaded.IsBuiltIn);
        Assert.Equal(new DateOnly(2025, 2, 13), loaded.AsOf);
        Assert.Equal("http", loaded.PrimaryNameText(new PortNumber(80), TransportProtocol.Tcp));
        Assert.Null(loaded.PrimaryNameText(new PortNumber(443), TransportProtocol.Tcp));
        Assert.Equal(updated.Entries().Count, loaded.Entries().Count);
        Assert.Equal([Path.GetFileName(FilePath)], Directory.GetFiles(Path.GetDirectoryName(FilePath)!).Select(Path.GetFileName));
    }

    [Fact]
    public void A_malformed_file_changes_nothing()
    {
        Update(IanaFiles.Csv);
        var before = File.ReadAllBytes(FilePath);
        Assert.Throws<RegistryFormatException>(() => Update(IanaFiles.CsvWith("ssh,22x,tcp,Shell,,,,,,,,")));
        Assert.Throws<RegistryFormatException>(() => Update(IanaFiles.Xml[..^20]));
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(FilePath)!));
    }

    [Fact]
    public void A_file_with_no_date_takes_that_of_the_source()
    {
        Assert.Equal(new DateOnly(2001, 2, 3), Update(IanaFiles.CsvWith("ssh,22,tcp,Shell,,,,,,,,")).AsOf);
    }

    [Fact]
    public void More_than_the_table_holds_is_refused()
    {
        var rows = new StringBuilder(IanaFiles.Header);
        for (var i = 0; i < 40; i++)
        {
            rows.Append("name").Append(i).Append(",0-49000,tcp,,,,,,,,,\n");
        }

        Assert.Throws<RegistryFormatException>(() => Update(rows.ToString()));
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void A_damaged_file_is_ignored_with_the_reason()
    {
        Update(IanaFiles.Csv);
        var sound = File.ReadAllBytes(FilePath);
        Check(sound[..^1], "it is * bytes long, but its header says *");
        Check([.. sound, 0], "it is * bytes long, but its header says *");
        Check([], "its length, 0 bytes, is not that of a registry table");
        Check(sound[..100], "it is 100 bytes long, but its header says *");
        Check([.. "not a table"u8, .. sound[11..]], "it is not a registry table");
        Check(Changed(8, 99), "its format is version 99, but this program reads version 1");
        Check(Changed(18, 99), "its header is damaged");
        Check(Changed(sound.Length - 3, (byte)'?'), "its checksum does not match: the file is damaged");
        Check(Changed(60, 1), "its checksum does not match: the file is damaged");

        byte[] Changed(int at, byte value)
        {
            byte[] copy = [.. sound];
            copy[at] = value;
            return copy;
        }

        void Check(byte[] file, string reason)
        {
            File.WriteAllBytes(FilePath, file);
            Assert.True(UserRegistry.Load(FilePath, out var problem).IsBuiltIn);
            Assert.NotNull(problem);
            var rest = problem.AsSpan();
            foreach (var part in reason.Split('*'))
            {
                var at = rest.IndexOf(part, StringComparison.Ordinal);
                Assert.True(at >= 0, problem);
                rest = rest[(at + part.Length)..];
            }
        }
    }

    [Fact]
    public void What_is_no_file_is_ignored_with_the_reason()
    {
        Directory.CreateDirectory(FilePath);
        Assert.True(UserRegistry.Load(FilePath, out _).IsBuiltIn);
        Assert.True(UserRegistry.Load("/dev/zero", out var problem).IsBuiltIn);
        Assert.Equal("its length, 0 bytes, is not that of a registry table", problem);
        Assert.True(UserRegistry.Load(null, out problem).IsBuiltIn);
        Assert.Null(problem);
    }

    [Fact]
    public void A_link_to_a_table_is_followed()
    {
        Update(IanaFiles.Csv);
        var link = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(link, FilePath);
        Assert.False(UserRegistry.Load(link, out var problem).IsBuiltIn);
        Assert.Null(problem);
    }

    private ServiceRegistry Update(string file)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        return UserRegistry.Update(stream, FilePath, new DateOnly(2001, 2, 3));
    }
}
