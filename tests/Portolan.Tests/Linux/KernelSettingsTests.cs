using Portolan.Linux;

namespace Portolan.Tests.Linux;

public sealed class KernelSettingsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("portolan-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Settings_are_read_from_the_given_root()
    {
        Write("ipv4/ip_local_port_range", "40000\t50000\n");
        Write("ipv4/ip_local_reserved_ports", "40000,40010-40019\n");
        Write("ipv4/ip_unprivileged_port_start", "80\n");
        Write("ipv6/bindv6only", "1\n");
        var settings = KernelSettings.Read(_root);
        Assert.Equal(50000 - 40000 + 1 - 11, settings.EphemeralRange!.Count);
        Assert.Equal(80, settings.FirstUnprivilegedPort.Value);
        Assert.True(settings.BindV6Only);
    }

    [Fact]
    public void What_is_not_there_keeps_its_default()
    {
        var settings = KernelSettings.Read(_root);
        Assert.Null(settings.EphemeralRange);
        Assert.Equal(1024, settings.FirstUnprivilegedPort.Value);
        Assert.Null(settings.BindV6Only);
    }

    [Theory]
    [InlineData("")]
    [InlineData("70000 80000")]
    [InlineData("no numbers")]
    [InlineData("5 4")]
    public void A_range_that_is_none_is_not_believed(string text)
    {
        Write("ipv4/ip_local_port_range", text);
        Write("ipv4/ip_unprivileged_port_start", text);
        var settings = KernelSettings.Read(_root);
        Assert.Null(settings.EphemeralRange);
        Assert.Equal(1024, settings.FirstUnprivilegedPort.Value);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root, "sys/net", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
