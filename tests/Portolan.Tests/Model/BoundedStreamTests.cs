using Portolan.Model;

namespace Portolan.Tests.Model;

/// <summary>What is read of input without end.</summary>
public sealed class BoundedStreamTests
{
    private static readonly InputLimit Limit = new("a test", 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public void All_of_what_is_short_enough_is_read(int length)
    {
        using var stream = new BoundedStream(new MemoryStream(new byte[length]), Limit, "it");

        Assert.Equal(length, stream.ReadToEnd().Length);
    }

    [Fact]
    public void One_byte_more_is_an_error_that_names_the_limit()
    {
        using var stream = new BoundedStream(new MemoryStream(new byte[(1 << 20) + 1]), Limit, "it");

        var error = Assert.Throws<PortolanException>(() => stream.ReadToEnd());

        Assert.Equal(("it is longer than 1 MiB, the most that a test reads", ExitCode.Usage), (error.Message, error.ExitCode));
    }

    [Theory]
    [InlineData("a\n\n# b\n c d # e\n", "1:a 4:c,d")]
    [InlineData("", "")]
    [InlineData("a\r\nb", "1:a 2:b")]
    public void Lines_of_a_list_keep_their_numbers(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', ListFile.Read(text, "it").Select(l => $"{l.Line}:{string.Join(',', l.Words)}")));
}
