using System.Text;
using Portolan.Scan.Checking;

namespace Portolan.Tests.Scan.Checking;

/// <summary>What came behind a body, in whatever pieces it came.</summary>
public sealed class HttpMeterTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world", 7)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n\r\n", 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\nx", 3)]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 0)]
    [InlineData("\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0)]
    [InlineData(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", 1)]
    [InlineData("HTTP/1.1 200 OK\r\n", 0)]
    [InlineData("", 0)]
    public void It_is_counted_in_whatever_pieces_it_comes(string says, int behind)
    {
        var bytes = Encoding.ASCII.GetBytes(says);
        for (var piece = 1; piece <= bytes.Length + 1; piece++)
        {
            var meter = new HttpMeter();
            foreach (var part in bytes.Chunk(piece))
            {
                meter.Take(part);
            }

            Assert.Equal(behind, meter.Behind(bodyLength: 5));
        }
    }
}
