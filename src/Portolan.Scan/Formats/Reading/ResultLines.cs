using System.Globalization;
using System.Text;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Lines of a hostile file: long ones are cut, faults are told with their line, at most so many.</summary>
/// <param name="input">The file.</param>
/// <param name="file">Its name in messages.</param>
/// <param name="sink">Who hears of faults.</param>
internal sealed class ResultLines(Stream input, string file, IResultSink sink) : IDisposable
{
    /// <summary>A host of masscan with all its ports is a tenth of this.</summary>
    private const int MaxLength = 1 << 24;
    private const int MostNotes = 20;

    private readonly StreamReader _reader = new(input, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
    private readonly StringBuilder _text = new();
    private int _faults;

    /// <summary>The number of the line, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>The next line without its end and the white space around it; <c>null</c> at the end of the file.</summary>
    public string? Next()
    {
        _text.Clear();
        var isCut = false;
        var next = _reader.Read();
        if (next < 0)
        {
            return null;
        }

        Number++;
        for (; next >= 0 && next != '\n'; next = _reader.Read())
        {
            isCut |= _text.Length >= MaxLength;
            if (!isCut)
            {
                _text.Append((char)next);
            }
        }

        if (isCut)
        {
            Fault("the line is too long to be a result");
            _text.Clear();
        }

        return _text.ToString().Trim();
    }

    /// <summary>Reports a fault in the line.</summary>
    public void Fault(string what)
    {
        _faults++;
        if (_faults <= MostNotes)
        {
            sink.Note(string.Create(CultureInfo.InvariantCulture, $"{file}, line {Number}: {what}"));
        }
        else if (_faults == MostNotes + 1)
        {
            sink.Note($"{file}: more lines could not be read");
        }
    }

    /// <summary>Gives back the buffers; the file stays open.</summary>
    public void Dispose() => _reader.Dispose();
}
