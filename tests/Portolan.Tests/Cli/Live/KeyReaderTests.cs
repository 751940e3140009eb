using System.Text;
using Portolan.Cli.Live;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Live;

/// <summary>Bytes of terminals as keys.</summary>
public sealed class KeyReaderTests
{
    [Theory]
    [InlineData("\u001b[A", "Up")]
    [InlineData("\u001bOA", "Up")]
    [InlineData("\u001b[B", "Down")]
    [InlineData("\u001b[5~", "PageUp")]
    [InlineData("\u001b[6~", "PageDown")]
    [InlineData("\u001b[1~", "Home")]
    [InlineData("\u001bOF", "End")]
    [InlineData("\r", "Enter")]
    [InlineData("\u007f", "Backspace")]
    [InlineData("\u001b[1;5A\u001b[A", "Up")]
    [InlineData("\u001b[[A\r", "Enter")]
    public void Sequences_are_keys_and_unknown_ones_are_none(string bytes, string key)
    {
        var found = Assert.Single(new KeyReader().Add(Encoding.UTF8.GetBytes(bytes)));
        Assert.Equal(key, found.Key.ToString());
    }

    [Fact]
    public void A_sequence_may_come_in_pieces()
    {
        var reader = new KeyReader();
        Assert.Empty(reader.Add([0x1b]));
        Assert.True(reader.IsOpen);
        Assert.Empty(reader.Add("["u8));
        Assert.Equal(LiveKey.Down, Assert.Single(reader.Add("B"u8)).Key);
        Assert.False(reader.IsOpen);

        Assert.Empty(reader.Add([0xc3]));
        Assert.Equal('é', (char)Assert.Single(reader.Add([0xa9])).Rune.Value);
    }

    [Fact]
    public void An_escape_that_nothing_follows_is_a_key()
    {
        var reader = new KeyReader();
        Assert.Empty(reader.Add([0x1b]));
        Assert.Equal(LiveKey.Escape, Assert.Single(reader.Flush()).Key);
        Assert.Empty(reader.Flush());
        Assert.Equal([LiveKey.Escape, LiveKey.Character], reader.Add("\u001bq"u8).Select(static k => k.Key));
    }

    [Fact]
    public void Any_bytes_are_read_to_their_end()
    {
        for (var round = 0; round < Fuzz.Share(2000); round++)
        {
            var random = new Random(round);
            var bytes = new byte[random.Next(1, 80)];
            random.NextBytes(bytes);
            var reader = new KeyReader();
            foreach (var piece in bytes.Chunk(random.Next(1, 8)))
            {
                Assert.All(reader.Add(piece), static key => Assert.False(TerminalText.IsHostile(key.Rune) && key.Rune.Value != 0));
            }

            reader.Flush();
            Assert.False(reader.IsOpen);
        }
    }
}
