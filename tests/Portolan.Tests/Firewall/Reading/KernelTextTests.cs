using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>Names of the kernel's, which are any bytes.</summary>
public sealed class KernelTextTests
{
    [Fact]
    public void A_name_ends_at_a_zero_or_where_its_field_does()
    {
        Assert.Equal("eth0", KernelText.Read("eth0\0garbage"u8));
        Assert.Equal("eth0", KernelText.Read("eth0"u8));
        Assert.Equal("", KernelText.Read([]));
    }

    [Fact]
    public void What_is_UTF8_is_read_as_such() => Assert.Equal("größe", KernelText.Read("größe"u8));

    [Fact]
    public void Names_that_differ_in_one_byte_differ_as_text() =>
        Assert.NotEqual(KernelText.Read([(byte)'a', 0x80]), KernelText.Read([(byte)'a', 0x81]));

    [Fact]
    public void A_character_that_looks_like_a_kept_byte_is_not_taken_for_one() =>
        Assert.NotEqual(KernelText.Read([0x80]), KernelText.Read(Encoding.UTF8.GetBytes("\uf780")));

    [Fact]
    public void Every_name_comes_back_as_the_bytes_it_was() => Fuzz.Run(2_000, (random, _) =>
    {
        var bytes = Fuzz.Damage(random, Encoding.UTF8.GetBytes("br-\uf79f\uf7c1 größe\uf700"));
        var end = Array.IndexOf(bytes, (byte)0);
        Assert.Equal(end < 0 ? bytes : bytes[..end], KernelText.Bytes(KernelText.Read(bytes)));
    });
}
