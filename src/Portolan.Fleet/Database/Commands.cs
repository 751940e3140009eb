using Npgsql;

namespace Portolan.Fleet.Database;

/// <summary>Statements with positional parameters, such as <c>$1</c>.</summary>
internal static class Commands
{
    /// <summary>Runs a statement; returns how many rows it changed.</summary>
    internal static async Task<int> RunAsync(
        this NpgsqlConnection connection, string text, CancellationToken cancellation, params object?[] values)
    {
        await using var command = connection.With(text, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The first column of the first row.</summary>
    internal static async Task<T> ValueAsync<T>(
        this NpgsqlConnection connection, string text, CancellationToken cancellation, params object?[] values)
    {
        await using var command = connection.With(text, values);
        return (T)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The rows, each as <paramref name="read"/> makes it.</summary>
    internal static async Task<List<T>> RowsAsync<T>(
        this NpgsqlConnection connection, string text, Func<NpgsqlDataReader, T> read, CancellationToken cancellation,
        params object?[] values)
    {
        await using var command = connection.With(text, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>A column that may be null.</summary>
    internal static T? OrNull<T>(this NpgsqlDataReader reader, int column)
        where T : struct => reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);

    /// <summary>A column that may be null.</summary>
    internal static T? OrNothing<T>(this NpgsqlDataReader reader, int column)
        where T : class => reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);

    /// <summary>A sum of whole numbers, which PostgreSQL makes a numeric.</summary>
    internal static long GetDecimalLong(this NpgsqlDataReader reader, int column) => (long)reader.GetFieldValue<decimal>(column);

#pragma warning disable CA2100 // Every text is a constant of this project; values are parameters.
    private static NpgsqlCommand With(this NpgsqlConnection connection, string text, object?[] values)
    {
        var command = new NpgsqlCommand(text, connection);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(value switch
            {
                long number => new NpgsqlParameter<long> { TypedValue = number },
                int number => new NpgsqlParameter<int> { TypedValue = number },
                double number => new NpgsqlParameter<double> { TypedValue = number },
                bool flag => new NpgsqlParameter<bool> { TypedValue = flag },
                string word => new NpgsqlParameter<string> { TypedValue = word },
                byte[] bytes => new NpgsqlParameter<byte[]> { TypedValue = bytes },
                string[] words => new NpgsqlParameter<string[]> { TypedValue = words },
                int[] numbers => new NpgsqlParameter<int[]> { TypedValue = numbers },
                long[] numbers => new NpgsqlParameter<long[]> { TypedValue = numbers },
                null => new NpgsqlParameter { Value = DBNull.Value },
                _ => throw new ArgumentOutOfRangeException(nameof(values)),
            });
        }

        return command;
    }
}
