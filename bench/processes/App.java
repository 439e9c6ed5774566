import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Fifty turns a second: garbage, a cache with a bound and, of the leaky one, so many bytes that are kept. */
public class App {
    public static void main(String[] args) throws Exception {
        int leak = Integer.parseInt(args[0]);
        Random random = new Random(1);
        List<byte[]> kept = new ArrayList<>();
        Map<Integer, byte[]> cache = new LinkedHashMap<>();
        while (true) {
            for (int i = 0; i < 20; i++) {
                byte[] garbage = new byte[500 + random.nextInt(20_000)];
                if (i == 0) cache.put(random.nextInt(1000), garbage);
            }
            if (leak > 0) kept.add(new byte[leak]);
            Thread.sleep(20);
        }
    }
}
