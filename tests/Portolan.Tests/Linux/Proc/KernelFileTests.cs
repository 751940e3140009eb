using Portolan.Linux.Proc;

namespace Portolan.Tests.Linux.Proc;

/// <summary>Files of the kernel, whose length nobody knows before they were read.</summary>
public sealed class KernelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-kernel-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void A_file_is_read_whole(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('a' + (i % 26))));
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, text);
        Assert.Equal(text, KernelFile.Text(path));
    }

    [Fact]
    public void A_file_of_proc_is_what_the_framework_reads() =>
        Assert.Equal(File.ReadAllText("/proc/version"), KernelFile.Text("/proc/version"));

    [Fact]
    public void What_is_not_there_and_what_is_no_file_has_no_text()
    {
        Assert.Null(KernelFile.Text(Path.Combine(_folder, "missing")));
        Assert.Null(KernelFile.Text(_folder));
    }
}
